package dev.inproc.inference.cache;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.internal.calls.CallFuture;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Withdrawable;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A submitted call, which follows the future of its embedding, then that of its run. */
final class SimilarCall<I, O> extends CallFuture<I, O> {
  private final Object key;
  private final I request;
  private final Object predictor;
  private final ServingThreads threads;
  private volatile @Nullable CompletableFuture<?> followed;

  /**
   * Creates one.
   *
   * @param request the caller cannot change it
   * @param options armed, if they have a timeout
   * @param predictor what is called, for messages
   */
  SimilarCall(
      Object key, I request, CallOptions options, Object predictor, ServingThreads threads) {
    super(request, options);
    this.key = key;
    this.request = request;
    this.predictor = predictor;
    this.threads = threads;
  }

  Object key() {
    return key;
  }

  I request() {
    return request;
  }

  @Override
  protected Object predictor() {
    return predictor;
  }

  @Override
  protected ServingThreads threads() {
    return threads;
  }

  /**
   * Has this call wait for another, which is withdrawn if this call goes.
   *
   * @param then is called once, with a value or a failure, whether this call is gone or not
   */
  <T> void follow(Supplier<CompletableFuture<T>> next, BiConsumer<T, @Nullable Throwable> then) {
    CompletableFuture<T> future;
    try {
      future = Objects.requireNonNull(next.get(), "Expected a future of submit, got null");
    } catch (RuntimeException | Error e) {
      future = CompletableFuture.failedFuture(e);
    }
    followed = future;
    if (isDone()) {
      Withdrawable.withdraw(future, failureNow());
    }
    var unused =
        future.whenComplete(
            (value, reported) -> {
              // A stage that a foreign predictor derived reports its source's failure wrapped.
              boolean isWrapped = reported instanceof CompletionException;
              Throwable cause = isWrapped ? reported.getCause() : null;
              then.accept(value, cause == null ? reported : cause);
            });
  }

  @Override
  protected void onGone() {
    CompletableFuture<?> future = followed;
    if (future != null) {
      Withdrawable.withdraw(future, failureNow());
    }
  }
}
