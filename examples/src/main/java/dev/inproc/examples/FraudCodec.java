package dev.inproc.examples;

import dev.inproc.inference.Codec;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;

/** A transaction in, the probability of fraud out. */
final class FraudCodec implements Codec<Transaction, FraudScore> {
  @Override
  public Tensors encode(Transaction transaction) {
    return Tensors.of(TreeEnsembleExport.INPUT, Tensor.of(transaction.features()));
  }

  @Override
  public FraudScore decode(Tensors outputs) {
    Tensor probabilities = outputs.get(TreeEnsembleExport.PROBABILITIES);
    return new FraudScore(probabilities.getFloat(FraudForest.FRAUD_CLASS));
  }
}
