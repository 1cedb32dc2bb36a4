package dev.inproc.inference.tf;

import dev.inproc.inference.testing.exit.ExitContract;
import dev.inproc.inference.tf.testing.TensorFlowContractModels;

class TensorFlowExitTest extends ExitContract {
  TensorFlowExitTest() {
    super(new TensorFlowContractModels());
  }
}
