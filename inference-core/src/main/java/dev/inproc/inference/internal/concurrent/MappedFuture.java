package dev.inproc.inference.internal.concurrent;

import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A future that hands on the outcome of another, and cancels the other when it is itself cancelled
 * or completed from outside. The JDK's {@code thenApply} does only the first. Failures are handed
 * on as they are, without a {@code CompletionException}.
 */
public final class MappedFuture<T, U> extends CompletableFuture<U> implements Withdrawable {
  private volatile @Nullable CompletableFuture<T> upstream; // null once this is done
  private final Runnable onDone;
  private final Function<Throwable, @Nullable CompletableFuture<T>> again;
  private final AtomicBoolean told = new AtomicBoolean();

  private MappedFuture(
      CompletableFuture<T> upstream,
      Runnable onDone,
      Function<Throwable, @Nullable CompletableFuture<T>> again) {
    this.upstream = upstream;
    this.onDone = onDone;
    this.again = again;
  }

  /** Returns a future of the function's result; what the function throws fails it. */
  public static <T, U> CompletableFuture<U> map(
      CompletableFuture<T> upstream, Function<? super T, ? extends U> function) {
    return map(upstream, function, () -> {});
  }

  /**
   * Returns a future of the function's result; what the function throws fails it.
   *
   * @param onDone runs once as soon as the future has an outcome, before its dependents
   */
  public static <T, U> CompletableFuture<U> map(
      CompletableFuture<T> upstream, Function<? super T, ? extends U> function, Runnable onDone) {
    MappedFuture<T, U> relay =
        new MappedFuture<>(Objects.requireNonNull(upstream, "upstream"), onDone, failure -> null);
    relay.follow(upstream, function);
    return relay;
  }

  /**
   * Returns a future of the outcome of one call, or, while that call fails, of the next.
   *
   * @param again makes another call after a failure, or returns null, and the failure stands; it
   *     runs on the thread that completes the failed call, and not after this future is done
   */
  public static <T> CompletableFuture<T> retrying(
      CompletableFuture<T> first, Function<Throwable, @Nullable CompletableFuture<T>> again) {
    MappedFuture<T, T> relay = new MappedFuture<>(first, () -> {}, again);
    relay.follow(first, Function.identity());
    return relay;
  }

  private void follow(CompletableFuture<T> call, Function<? super T, ? extends U> function) {
    var unused =
        call.whenComplete(
            (value, failure) -> {
              if (failure != null) {
                failed(unwrapped(failure), function);
              } else if (!isDone()) {
                settle(function, value);
              }
            });
  }

  private void failed(Throwable failure, Function<? super T, ? extends U> function) {
    CompletableFuture<T> next = null;
    try {
      next = isDone() ? null : again.apply(failure);
    } catch (Throwable t) {
      failure.addSuppressed(t);
    }
    if (next == null) {
      settleFailure(failure);
      return;
    }
    upstream = next;
    if (isDone()) { // this was withdrawn, and may have withdrawn the call before
      upstream = null;
      Withdrawable.withdraw(next, null);
      return;
    }
    follow(next, function);
  }

  /** A stage that a foreign predictor derived reports its source's failure wrapped. */
  private static Throwable unwrapped(Throwable reported) {
    Throwable cause = reported instanceof CompletionException ? reported.getCause() : null;
    return cause == null ? reported : cause;
  }

  private void settle(Function<? super T, ? extends U> function, T value) {
    U result;
    try {
      result = function.apply(value);
    } catch (Throwable t) {
      settleFailure(unwrapped(t));
      return;
    }
    beforeDependents();
    super.complete(result);
    tell();
  }

  /** The last dependent attached runs first. */
  private void beforeDependents() {
    if (getNumberOfDependents() > 0) {
      var unused = super.whenComplete((value, failure) -> tell());
    }
  }

  private void tell() {
    if (told.compareAndSet(false, true)) {
      upstream = null; // it holds the answer as it was before the function
      onDone.run();
    }
  }

  private void settleFailure(Throwable failure) {
    beforeDependents();
    if (failure instanceof CancellationException) {
      super.cancel(false);
    } else {
      super.completeExceptionally(failure);
    }
    tell();
  }

  /** Withdraws the call, as the JDK's would not. */
  @Override
  public CompletableFuture<U> completeAsync(Supplier<? extends U> supplier, Executor executor) {
    executor.execute(Futures.completion(this, supplier));
    return this;
  }

  @Override
  public boolean complete(U value) {
    return forward(super.complete(value), null);
  }

  @Override
  public boolean completeExceptionally(Throwable failure) {
    return forward(super.completeExceptionally(failure), failure);
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    forward(super.cancel(mayInterruptIfRunning), null);
    return isCancelled();
  }

  /** The reason is handed on to what this follows. */
  @Override
  public void withdraw(@Nullable Throwable reason) {
    if (reason == null) {
      cancel(false);
    } else {
      completeExceptionally(reason);
    }
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

  private boolean forward(boolean won, @Nullable Throwable failure) {
    if (won) {
      CompletableFuture<T> withdrawn = upstream;
      tell();
      if (withdrawn != null) {
        Withdrawable.withdraw(withdrawn, failure);
      }
    }
    return won;
  }

  /** Plain futures for what is derived by {@code thenApply} and the like. */
  @Override
  public <V> CompletableFuture<V> newIncompleteFuture() {
    return new CompletableFuture<>();
  }
}
