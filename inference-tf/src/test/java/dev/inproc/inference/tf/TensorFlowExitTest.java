package dev.inproc.inference.tf;

import dev.inproc.inference.tf.testing.TensorFlowContractModels;
import dev.inproc.inference.testing.exit.ExitContract;

class TensorFlowExitTest extends ExitContract {
  TensorFlowExitTest() {
    super(new TensorFlowContractModels());
  }
}
