package dev.inproc.inference.cache;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.ForwardingPredictor;
import dev.inproc.inference.Predictor;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * What a cache wraps, for the calls of the cache: a thread that is in one of them, such as in a
 * codec of the user, is known to the cache, which must not wait for it when it closes.
 */
final class InsidePredictor<I, O> extends ForwardingPredictor<I, O> {
  private final CacheClosing closing;

  InsidePredictor(Predictor<I, O> inner, CacheClosing closing) {
    super(inner);
    this.closing = closing;
  }

  @Override
  public CompletableFuture<O> submit(I input, CallOptions options) {
    return closing.inside(() -> inner().submit(input, options));
  }

  @Override
  public O predict(I input, CallOptions options) {
    return closing.inside(() -> inner().predict(input, options));
  }

  @Override
  public List<O> predictAll(List<I> inputs, CallOptions options) {
    return closing.inside(() -> inner().predictAll(inputs, options));
  }

  @Override
  public String toString() {
    return inner().toString();
  }
}
