package dev.inproc.benchmarks;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Answers with the request. */
final class NoOpPredictor implements Predictor<Long, Long> {
  @Override
  public CompletableFuture<Long> submit(Long input, CallOptions options) {
    return CompletableFuture.completedFuture(input);
  }

  @Override
  public Long predict(Long input, CallOptions options) {
    return input;
  }

  @Override
  public List<Long> predictAll(List<Long> inputs, CallOptions options) {
    return inputs;
  }

  @Override
  public void close() {
    // Nothing to release.
  }
}
