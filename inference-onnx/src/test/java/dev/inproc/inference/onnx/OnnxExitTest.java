package dev.inproc.inference.onnx;

import dev.inproc.inference.onnx.testing.OnnxContractModels;
import dev.inproc.inference.testing.exit.ExitContract;

class OnnxExitTest extends ExitContract {
  OnnxExitTest() {
    super(new OnnxContractModels());
  }
}
