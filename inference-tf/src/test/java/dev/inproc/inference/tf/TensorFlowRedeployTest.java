package dev.inproc.inference.tf;

import dev.inproc.inference.testing.redeploy.RedeployContract;
import dev.inproc.inference.tf.testing.TensorFlowContractModels;

class TensorFlowRedeployTest extends RedeployContract {
  TensorFlowRedeployTest() {
    super(new TensorFlowContractModels());
  }
}
