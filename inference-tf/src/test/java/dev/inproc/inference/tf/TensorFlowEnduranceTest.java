package dev.inproc.inference.tf;

import dev.inproc.inference.testing.endurance.EnduranceContract;
import dev.inproc.inference.tf.testing.TensorFlowContractModels;

class TensorFlowEnduranceTest extends EnduranceContract {
  TensorFlowEnduranceTest() {
    super(new TensorFlowContractModels());
  }
}
