package dev.inproc.inference.tf;

import dev.inproc.inference.testing.contract.SentinelContract;
import dev.inproc.inference.tf.testing.TensorFlowContractModels;

class TensorFlowSentinelContractTest extends SentinelContract {
  TensorFlowSentinelContractTest() {
    super(new TensorFlowContractModels());
  }
}
