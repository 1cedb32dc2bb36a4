package dev.inproc.inference;

import dev.inproc.inference.metrics.LayerDescription;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A layer that hands every call on to the predictor that it wraps; for authors of layers, which
 * override what theirs does differently. It owns what it wraps: closing it closes that.
 *
 * <p>A layer passes each call's options on, since every layer keeps a call's own options; it starts
 * a {@link Deadline} before work that takes time, and blocks in no {@code submit}. A layer that
 * overrides {@link #predict} overrides {@link #submit} and {@link #predictAll} too: none of the
 * three calls another.
 *
 * @param <I> a request
 * @param <O> an answer
 */
public abstract class ForwardingPredictor<I, O> implements Predictor<I, O> {
  private final Predictor<I, O> inner;

  /** Wraps a predictor, which this owns from now on. */
  protected ForwardingPredictor(Predictor<I, O> inner) {
    this.inner = Objects.requireNonNull(inner, "inner");
  }

  /** Returns the wrapped predictor. */
  protected final Predictor<I, O> inner() {
    return inner;
  }

  @Override
  public CompletableFuture<O> submit(I input, CallOptions options) {
    return inner.submit(input, options);
  }

  @Override
  public O predict(I input, CallOptions options) {
    return inner.predict(input, options);
  }

  @Override
  public List<O> predictAll(List<I> inputs, CallOptions options) {
    return inner.predictAll(inputs, options);
  }

  @Override
  public void close() {
    inner.close();
  }

  @Override
  public boolean close(Duration timeout) {
    return inner.close(timeout);
  }

  @Override
  public boolean keepsState() {
    return inner.keepsState();
  }

  /** Returns this layer if it is of the type, else what is found inside. */
  @Override
  public <T> Optional<T> find(Class<T> control) {
    return control.isInstance(this) ? Optional.of(control.cast(this)) : inner.find(control);
  }

  /** Returns a layer without figures around the description of the wrapped predictor. */
  @Override
  public LayerDescription describe() {
    return LayerDescription.around(inner.describe(), "layer", List.of());
  }

  @Override
  public abstract String toString();
}
