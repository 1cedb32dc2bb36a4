package dev.inproc.inference.onnx;

import dev.inproc.inference.onnx.testing.OnnxContractModels;
import dev.inproc.inference.testing.contract.SentinelContract;

class OnnxSentinelContractTest extends SentinelContract {
  OnnxSentinelContractTest() {
    super(new OnnxContractModels());
  }
}
