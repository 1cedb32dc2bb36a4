package dev.inproc.inference.onnx;

import dev.inproc.inference.onnx.testing.OnnxContractModels;
import dev.inproc.inference.testing.redeploy.RedeployContract;

class OnnxRedeployTest extends RedeployContract {
  OnnxRedeployTest() {
    super(new OnnxContractModels());
  }
}
