package dev.inproc.inference;

import dev.inproc.inference.metrics.LayerDescription;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A view whose close() shuts the view alone. */
class BorrowedPredictor<I, O> extends ForwardingPredictor<I, O> {
  private volatile boolean closed;

  BorrowedPredictor(Predictor<I, O> owner) {
    super(owner);
  }

  @Override
  public CompletableFuture<O> submit(I input, CallOptions options) {
    Objects.requireNonNull(input, "input");
    Objects.requireNonNull(options, "options");
    return closed ? CompletableFuture.failedFuture(closed()) : super.submit(input, options);
  }

  @Override
  public O predict(I input, CallOptions options) {
    checkOpen();
    return super.predict(input, options);
  }

  @Override
  public List<O> predictAll(List<I> inputs, CallOptions options) {
    checkOpen();
    return super.predictAll(inputs, options);
  }

  final boolean isClosed() {
    return closed;
  }

  final PredictorClosedException closed() {
    return new PredictorClosedException(toString());
  }

  private void checkOpen() {
    if (closed) {
      throw closed();
    }
  }

  @Override
  public final void close() {
    closed = true;
  }

  @Override
  public final boolean close(Duration timeout) {
    Objects.requireNonNull(timeout, "timeout");
    close();
    return true;
  }

  /**
   * A type that can be closed is found as a borrowed view of it, or not at all. Once this view is
   * closed, so is what it finds.
   */
  @Override
  public <T> Optional<T> find(Class<T> control) {
    if (control.isInstance(this)) {
      return Optional.of(control.cast(this));
    }
    Optional<T> found = inner().find(control);
    if (!AutoCloseable.class.isAssignableFrom(control)) {
      return found;
    }
    return found
        .filter(Predictor.class::isInstance)
        .map(each -> lend((Predictor<?, ?>) each))
        .filter(control::isInstance)
        .map(control::cast);
  }

  private Predictor<?, ?> lend(Predictor<?, ?> layer) {
    Predictor<?, ?> lent = layer.borrowed();
    if (closed) {
      lent.close();
    }
    return lent;
  }

  @Override
  public LayerDescription describe() {
    return inner().describe();
  }

  @Override
  public String toString() {
    return "borrowed(" + inner() + ")";
  }
}
