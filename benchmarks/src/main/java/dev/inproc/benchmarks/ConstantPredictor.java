package dev.inproc.benchmarks;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A model that does nothing. */
record ConstantPredictor<I, O>(O answer) implements Predictor<I, O> {
  @Override
  public CompletableFuture<O> submit(I input, CallOptions options) {
    return CompletableFuture.completedFuture(answer);
  }

  @Override
  public O predict(I input, CallOptions options) {
    return answer;
  }

  @Override
  public List<O> predictAll(List<I> inputs, CallOptions options) {
    return inputs.stream().map(input -> answer).toList();
  }

  @Override
  public void close() {}
}
