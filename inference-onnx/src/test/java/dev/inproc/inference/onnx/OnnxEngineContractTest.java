package dev.inproc.inference.onnx;

import dev.inproc.inference.onnx.testing.OnnxContractModels;
import dev.inproc.inference.testing.contract.EngineContract;

class OnnxEngineContractTest extends EngineContract {
  OnnxEngineContractTest() {
    super(new OnnxContractModels());
  }
}
