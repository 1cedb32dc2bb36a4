package dev.inproc.inference.internal.calls;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Cancellation;
import dev.inproc.inference.Deadline;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.DeadlineExceededException.Stage;
import dev.inproc.inference.internal.concurrent.CallbackExecutor;
import dev.inproc.inference.internal.concurrent.Futures;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.internal.concurrent.Withdrawable;
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
 * One request on its way, and the future that its caller holds. The first completion of the future
 * decides the outcome: by the runner ({@link #answer}, {@link #refuse}), by the timer, or by the
 * caller, which may cancel it or complete it from outside. In the last three cases the call is
 * <em>gone</em>: it leaves the run that it belongs to, which stops when its last member has left.
 *
 * @param <I> the request
 * @param <O> the answer
 */
public class CallFuture<I, O> extends DeliveredFuture<O> implements Withdrawable {
  private static final VarHandle GROUP;
  private static final VarHandle GONE;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      GROUP = lookup.findVarHandle(CallFuture.class, "group", WaiterGroup.class);
      GONE = lookup.findVarHandle(CallFuture.class, "gone", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private @Nullable I input;
  private volatile @Nullable WaiterGroup group;
  private volatile boolean obtruded;

  @SuppressWarnings("UnusedVariable") // by its handle alone
  private volatile boolean gone;

  private volatile Timer.@Nullable Scheduled timeout;

  /**
   * Creates a call.
   *
   * @param options armed, if they have a timeout
   */
  public CallFuture(I input, CallOptions options) {
    super(options);
    this.input = Objects.requireNonNull(input, "input");
  }

  /**
   * Returns the request; for the thread that runs the call.
   *
   * @throws IllegalStateException after {@link #releaseInput}
   */
  public final I input() {
    I request = input;
    if (request == null) {
      throw new IllegalStateException("The call has its outcome; read its input before that");
    }
    return request;
  }

  /**
   * Drops the request, since the caller may hold the future for long. To be called by the thread
   * that runs the call, once nothing reads the request any more, or by the thread that takes the
   * call out of a queue for good.
   */
  public final void releaseInput() {
    input = null;
  }

  /**
   * Starts the clock. To be called before the call is published, and only on one with a timeout.
   */
  public final void startTimeout(Timer timer) {
    long remaining = Deadline.remainingNanos(options(), timer.nanoTime());
    timeout = timer.schedule(() -> failApart(this::expired), Math.max(0, remaining));
    if (isDone()) {
      stopTimeout();
    }
  }

  /** Fails the call because its time is over, on this thread. Returns false if it is done. */
  public final boolean expire() {
    return mayDecide() && failIfDecided(expired());
  }

  /**
   * Fails the call on behalf of the timer or of a thread that closes. Dependents of the future run
   * on {@link CallbackExecutor}, not on this thread and not on the call's executor, which may be
   * stuck. A call whose outcome is on its way already keeps it, unless its executor does not let it
   * through.
   */
  public final void failApart(Supplier<? extends Throwable> failure) {
    if (isDone()) {
      return;
    }
    if (isBlocking()) {
      completeExceptionally(failure.get());
    } else if (mayDecide()) {
      beginFailure();
      leave(); // the run need not wait for a callback thread
      threads().callbacks().execute(inContext(() -> failWith(failure)));
    }
  }

  /** No run ends the call any more, so it ends here whatever the supplier does. */
  private void failWith(Supplier<? extends Throwable> failure) {
    Throwable found;
    try {
      found = failure.get();
    } catch (RuntimeException | Error e) {
      found = e;
    }
    failIfDecided(found);
  }

  /** Returns the failure of a call whose time is over. */
  public final DeadlineExceededException expired() {
    Duration allowed = Objects.requireNonNullElse(options().timeout(), Duration.ZERO);
    return new DeadlineExceededException(allowed, predictor().toString(), stage());
  }

  /** Returns what was called, for messages. */
  protected Object predictor() {
    return "a predictor";
  }

  /** Returns how far the call has come. */
  protected Stage stage() {
    return Stage.UNKNOWN;
  }

  /** Returns a switch that cancels when this call is gone; to be asked once. */
  public final Cancellation whenGone() {
    WaiterGroup alone = new WaiterGroup(1);
    joinAll(List.of(this), new int[1], alone);
    return alone.cancellation();
  }

  /**
   * Has these calls join a run; a call that is gone already leaves the run at once. A call that
   * goes is completed first and looks for a run to leave afterwards, so it is seen here or sees the
   * run. One fence serves all: a volatile write for each call was a fourth of what a cheap row
   * costs its runner.
   */
  static void joinAll(List<? extends CallFuture<?, ?>> calls, int[] indexes, WaiterGroup run) {
    for (int index : indexes) {
      GROUP.setRelease((CallFuture<?, ?>) calls.get(index), run);
    }
    VarHandle.fullFence();
    for (int index : indexes) {
      CallFuture<?, ?> call = calls.get(index);
      if (call.isDone()) {
        call.leave();
      }
    }
  }

  private void leave() {
    WaiterGroup left = group;
    if (left != null && GROUP.compareAndSet(this, left, null)) {
      left.leave();
    }
  }

  private void gone() {
    if (GONE.compareAndSet(this, false, true)) {
      stopTimeout();
      leave();
      onGone();
    }
  }

  /** Called once when the call is gone, on the thread that made it so. Does nothing here. */
  protected void onGone() {}

  @Override
  final void stopTimeout() {
    Timer.Scheduled scheduled = timeout;
    if (scheduled != null) {
      scheduled.cancel();
    }
  }

  // ---- completions from outside ----

  @Override
  public boolean complete(O value) {
    if (!mayDecide()) {
      return false;
    }
    boolean won = super.complete(value);
    goneIfObtruded(won);
    return goneIf(won);
  }

  @Override
  public boolean completeExceptionally(Throwable failure) {
    return mayDecide() && failIfDecided(failure);
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    if (!isDone() && mayCancel()) {
      failIfDecided(new CancellationException());
    }
    // Of two threads that cancel at once, one may come here before the other has completed the
    // future.
    return isBeingCancelled() || isCancelled();
  }

  /** The JDK's completes past {@link #complete}. */
  @Override
  public CompletableFuture<O> completeAsync(Supplier<? extends O> supplier, Executor executor) {
    executor.execute(Futures.completion(this, supplier));
    return this;
  }

  private boolean failIfDecided(Throwable failure) {
    boolean won = fail(failure);
    goneIfObtruded(won);
    return won;
  }

  /**
   * A caller may obtrude an outcome between the decision and the completion. The thread that has
   * decided then sees the call go, since no other does.
   */
  private void goneIfObtruded(boolean won) {
    if (!won && obtruded) {
      gone();
    }
  }

  /** Fails the call from outside. It is gone before a dependent runs, since that may block. */
  private boolean fail(Throwable failure) {
    Objects.requireNonNull(failure, "failure");
    firstOfAll(
        completed -> {
          wakeWaiting();
          if (failure == completed) {
            gone();
          }
        });
    return goneIf(super.completeExceptionally(failure));
  }

  private void noteObtruded() {
    if (!isDone()) {
      obtruded = true;
    }
  }

  /** A layer that counts timeouts apart is told of one; any other reason is a cancel. */
  @Override
  public final void withdraw(@Nullable Throwable reason) {
    if (reason instanceof DeadlineExceededException) {
      completeExceptionally(reason);
    } else {
      cancel(false);
    }
  }

  /** On a call that is not done, the same as completing it: it leaves. */
  @Override
  public void obtrudeValue(O value) {
    if (!complete(value)) {
      noteObtruded();
      super.obtrudeValue(value);
    }
  }

  /** On a call that is not done, the same as completing it: it leaves. */
  @Override
  public void obtrudeException(Throwable failure) {
    if (!completeExceptionally(failure)) {
      noteObtruded();
      super.obtrudeException(failure);
    }
  }

  private boolean goneIf(boolean won) {
    if (wakeIf(won)) {
      gone();
    }
    return won;
  }
}
