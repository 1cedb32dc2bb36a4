package dev.inproc.inference;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/** A view whose close() shuts the view alone. */
final class BorrowedPredictor<I, O> implements Predictor<I, O> {
  private final Predictor<I, O> owner;
  private final AtomicBoolean closed = new AtomicBoolean();

  BorrowedPredictor(Predictor<I, O> owner) {
    this.owner = owner;
  }

  @Override
  public CompletableFuture<O> submit(I input, CallOptions options) {
    Objects.requireNonNull(input, "input");
    return closed.get()
        ? CompletableFuture.failedFuture(new PredictorClosedException(toString()))
        : owner.submit(input, options);
  }

  @Override
  public O predict(I input, CallOptions options) {
    checkOpen();
    return owner.predict(input, options);
  }

  @Override
  public List<O> predictAll(List<I> inputs, CallOptions options) {
    checkOpen();
    return owner.predictAll(inputs, options);
  }

  private void checkOpen() {
    if (closed.get()) {
      throw new PredictorClosedException(toString());
    }
  }

  @Override
  public void close() {
    closed.set(true);
  }

  @Override
  public boolean keepsState() {
    return owner.keepsState();
  }

  @Override
  public String toString() {
    return "borrowed(" + owner + ")";
  }
}
