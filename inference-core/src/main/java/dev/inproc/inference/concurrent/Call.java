package dev.inproc.inference.concurrent;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Cancellation;
import dev.inproc.inference.DeadlineExceededException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way, and the future that its caller holds. Whoever completes the future first
 * decides the outcome: the runner ({@link #answer}, {@link #refuse}), the timer, or the caller, who
 * may cancel it or complete it from outside. In the last three cases the call is <em>gone</em>: it
 * leaves the run that it belongs to, which stops when its last member has left.
 *
 * @param <I> the request
 * @param <O> the answer
 */
public class Call<I, O> extends CompletableFuture<O> {
  private static final VarHandle GROUP;

  static {
    try {
      GROUP = MethodHandles.lookup().findVarHandle(Call.class, "group", RunGroup.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final I input;
  private final CallOptions options;
  private volatile @Nullable RunGroup group;
  private volatile Timer.@Nullable Scheduled timeout;

  /**
   * Creates a call.
   *
   * @param options armed, if they have a timeout
   */
  public Call(I input, CallOptions options) {
    this.input = Objects.requireNonNull(input, "input");
    this.options = Objects.requireNonNull(options, "options");
  }

  /** Returns the request. */
  public final I input() {
    return input;
  }

  /** Returns the options, armed. */
  public final CallOptions options() {
    return options;
  }

  /**
   * Starts the clock. To be called before the call is published, and only on one with a timeout.
   *
   * @param directly whether nobody but a blocked thread waits: then the timer releases it itself;
   *     else a worker does, since completing a future may run its owner's callbacks
   */
  public final void startTimeout(Timer timer, Workers workers, boolean directly) {
    Executor executor = options.executor();
    Runnable expiry =
        directly
            ? this::expire
            // An executor's execute is the user's code, and may even run the task at once.
            : () ->
                workers.notice(
                    executor == null ? this::expire : () -> handTo(executor, this::expire));
    long remaining = options.remainingNanos(timer.nanoTime());
    timeout = timer.schedule(expiry, Math.max(0, remaining));
    if (isDone()) {
      stopTimeout();
    }
  }

  /** Fails the call because its time is over, as its timer does. Returns false if it is done. */
  public final boolean expire() {
    return goneIf(super.completeExceptionally(expired()));
  }

  /** Returns the failure of a call whose time is over. */
  public final DeadlineExceededException expired() {
    Duration allowed = options.timeout();
    return new DeadlineExceededException(allowed == null ? Duration.ZERO : allowed);
  }

  /** Completes with an answer, on behalf of the runner. Returns false if the call was gone. */
  public final boolean answer(O output) {
    return settle(output, null);
  }

  /** Completes with a failure, on behalf of the runner. Returns false if the call was gone. */
  public final boolean refuse(Throwable failure) {
    return settle(null, failure);
  }

  private boolean settle(@Nullable O output, @Nullable Throwable failure) {
    stopTimeout();
    Executor executor = options.executor();
    if (executor != null && !isDone()) {
      handTo(executor, () -> finish(output, failure));
      return true;
    }
    return finish(output, failure);
  }

  private static void handTo(Executor executor, Runnable completion) {
    try {
      executor.execute(completion);
    } catch (RuntimeException | Error e) {
      completion.run(); // a full or broken executor must not lose an outcome or stop the runner
    }
  }

  @SuppressWarnings("NullAway") // without a failure there is an output
  private boolean finish(@Nullable O output, @Nullable Throwable failure) {
    return failure == null ? super.complete(output) : super.completeExceptionally(failure);
  }

  /** Returns a switch that cancels when this call is gone; to be asked once. */
  public final Cancellation whenGone() {
    RunGroup alone = new RunGroup(1);
    joinAll(List.of(this), new int[1], alone);
    return alone.cancellation();
  }

  /**
   * Has these of the calls join a run; one that is gone already leaves it at once. Who goes
   * completes first and looks for a run to leave afterwards, so it is seen here or sees the run.
   * One fence serves all: a volatile write for each was a fourth of what a cheap row costs its
   * runner.
   */
  static void joinAll(List<? extends Call<?, ?>> calls, int[] indexes, RunGroup run) {
    for (int index : indexes) {
      GROUP.setRelease((Call<?, ?>) calls.get(index), run);
    }
    VarHandle.fullFence();
    for (int index : indexes) {
      Call<?, ?> call = calls.get(index);
      if (call.isDone()) {
        call.leave();
      }
    }
  }

  private void leave() {
    RunGroup left = group;
    if (left != null && GROUP.compareAndSet(this, left, null)) {
      left.leave();
    }
  }

  private void gone() {
    stopTimeout();
    leave();
    onGone();
  }

  /** Called once when the call is gone, on the thread that made it so. Does nothing here. */
  protected void onGone() {}

  private void stopTimeout() {
    Timer.Scheduled scheduled = timeout;
    if (scheduled != null) {
      scheduled.cancel();
    }
  }

  // ---- what others do to the future ----

  @Override
  public boolean complete(O value) {
    return goneIf(super.complete(value));
  }

  @Override
  public boolean completeExceptionally(Throwable failure) {
    return goneIf(super.completeExceptionally(failure));
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    // Not super.cancel, which says true to each of two who cancel at once.
    goneIf(!isDone() && super.completeExceptionally(new CancellationException()));
    return isCancelled();
  }

  /** The JDK's completes past {@link #complete}. */
  @Override
  public CompletableFuture<O> completeAsync(Supplier<? extends O> supplier, Executor executor) {
    executor.execute(
        () -> {
          try {
            complete(supplier.get());
          } catch (Throwable t) {
            completeExceptionally(t);
          }
        });
    return this;
  }

  /** On a call that is not done, the same as completing it: it leaves. */
  @Override
  public void obtrudeValue(O value) {
    if (!complete(value)) {
      super.obtrudeValue(value);
    }
  }

  /** On a call that is not done, the same as completing it: it leaves. */
  @Override
  public void obtrudeException(Throwable failure) {
    if (!completeExceptionally(failure)) {
      super.obtrudeException(failure);
    }
  }

  private boolean goneIf(boolean won) {
    if (won) {
      gone();
    }
    return won;
  }

  /** Plain futures for what is derived by {@code thenApply} and the like. */
  @Override
  public <V> CompletableFuture<V> newIncompleteFuture() {
    return new CompletableFuture<>();
  }
}
