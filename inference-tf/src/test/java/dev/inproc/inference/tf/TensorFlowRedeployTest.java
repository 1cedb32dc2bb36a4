package dev.inproc.inference.tf;

import dev.inproc.inference.tf.testing.TensorFlowContractModels;
import dev.inproc.inference.testing.redeploy.RedeployContract;

class TensorFlowRedeployTest extends RedeployContract {
  TensorFlowRedeployTest() {
    super(new TensorFlowContractModels());
  }
}
