package dev.inproc.inference.concurrent;

import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

/**
 * A future that hands on another's outcome, and hands back that nobody wants it any more: when it
 * is cancelled, or completed from outside, it cancels what it follows. The JDK's {@code thenApply}
 * does only the first. Failures are handed on as they are, without a {@code CompletionException}.
 */
public final class Relay<T, U> extends CompletableFuture<U> {
  private final CompletableFuture<T> upstream;

  private Relay(CompletableFuture<T> upstream) {
    this.upstream = upstream;
  }

  /** Returns a future of the function's result; what the function throws fails it. */
  public static <T, U> CompletableFuture<U> map(
      CompletableFuture<T> upstream, Function<? super T, ? extends U> function) {
    Relay<T, U> relay = new Relay<>(Objects.requireNonNull(upstream, "upstream"));
    var unused =
        upstream.whenComplete(
            (value, failure) -> {
              if (failure != null) {
                relay.settleFailure(failure);
              } else if (!relay.isDone()) {
                relay.settle(function, value);
              }
            });
    return relay;
  }

  private void settle(Function<? super T, ? extends U> function, T value) {
    U result;
    try {
      result = function.apply(value);
    } catch (Throwable t) {
      settleFailure(t);
      return;
    }
    super.complete(result);
  }

  private void settleFailure(Throwable reported) {
    // A stage that a foreign predictor derived reports its source's failure wrapped.
    Throwable cause = reported instanceof CompletionException ? reported.getCause() : null;
    Throwable failure = cause == null ? reported : cause;
    if (failure instanceof CancellationException) {
      super.cancel(false);
    } else {
      super.completeExceptionally(failure);
    }
  }

  @Override
  public boolean complete(U value) {
    return forward(super.complete(value));
  }

  @Override
  public boolean completeExceptionally(Throwable failure) {
    return forward(super.completeExceptionally(failure));
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    forward(super.cancel(mayInterruptIfRunning));
    return isCancelled();
  }

  @Override
  public void obtrudeValue(U value) {
    if (!complete(value)) {
      super.obtrudeValue(value);
    }
  }

  @Override
  public void obtrudeException(Throwable failure) {
    if (!completeExceptionally(failure)) {
      super.obtrudeException(failure);
    }
  }

  private boolean forward(boolean won) {
    if (won) {
      upstream.cancel(false);
    }
    return won;
  }

  /** Plain futures for what is derived by {@code thenApply} and the like. */
  @Override
  public <V> CompletableFuture<V> newIncompleteFuture() {
    return new CompletableFuture<>();
  }
}
