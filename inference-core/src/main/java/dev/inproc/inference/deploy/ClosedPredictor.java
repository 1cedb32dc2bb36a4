package dev.inproc.inference.deploy;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.ForwardingPredictor;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/** What a closed deployment answers with; it still describes what served last. */
final class ClosedPredictor<I, O> extends ForwardingPredictor<I, O> {
  private final String deployment;

  ClosedPredictor(Predictor<I, O> last, String deployment) {
    super(last);
    this.deployment = deployment;
  }

  private PredictorClosedException refusal() {
    return new PredictorClosedException(deployment);
  }

  @Override
  public CompletableFuture<O> submit(I input, CallOptions options) {
    Objects.requireNonNull(input, "input");
    Objects.requireNonNull(options, "options");
    return CompletableFuture.failedFuture(refusal());
  }

  @Override
  public O predict(I input, CallOptions options) {
    throw refusal();
  }

  @Override
  public List<O> predictAll(List<I> inputs, CallOptions options) {
    throw refusal();
  }

  @Override
  public String toString() {
    return inner().toString();
  }
}
