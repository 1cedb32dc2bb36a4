package dev.inproc.inference.tf;

import dev.inproc.inference.testing.contract.EngineContract;
import dev.inproc.inference.tf.testing.TensorFlowContractModels;

class TensorFlowEngineContractTest extends EngineContract {
  TensorFlowEngineContractTest() {
    super(new TensorFlowContractModels());
  }
}
