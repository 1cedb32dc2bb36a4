package dev.inproc.inference.onnx;

import dev.inproc.inference.onnx.testing.OnnxContractModels;
import dev.inproc.inference.testing.endurance.EnduranceContract;

class OnnxEnduranceTest extends EnduranceContract {
  OnnxEnduranceTest() {
    super(new OnnxContractModels());
  }
}
