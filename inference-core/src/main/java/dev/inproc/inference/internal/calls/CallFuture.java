package dev.inproc.inference.internal.calls;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Cancellation;
import dev.inproc.inference.Deadline;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.DeadlineExceededException.Stage;
import dev.inproc.inference.internal.concurrent.CallbackExecutor;
import dev.inproc.inference.internal.concurrent.Futures;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.SpinWait;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.internal.concurrent.Withdrawable;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
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
public class CallFuture<I, O> extends CompletableFuture<O> implements Withdrawable {
  private static final VarHandle GROUP;

  private static final VarHandle WAITING;
  private static final VarHandle CLAIM;
  private static final VarHandle GONE;
  private static final VarHandle COMPLETING;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      GROUP = lookup.findVarHandle(CallFuture.class, "group", WaiterGroup.class);
      WAITING = lookup.findVarHandle(CallFuture.class, "waiting", Parked.class);
      CLAIM = lookup.findVarHandle(CallFuture.class, "claim", Claim.class);
      COMPLETING = lookup.findVarHandle(CallFuture.class, "completing", boolean.class);
      GONE = lookup.findVarHandle(CallFuture.class, "gone", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** What the first thread that decided the call's outcome does. */
  private enum Claim {
    OUTCOME,
    CANCEL
  }

  private @Nullable I input;
  private final CallOptions options;
  private volatile @Nullable WaiterGroup group;
  private volatile @Nullable Parked waiting;
  private volatile @Nullable Claim claim;
  private volatile boolean attached;
  private volatile boolean completing;
  private volatile boolean obtruded;

  @SuppressWarnings("UnusedVariable") // by its handle alone
  private volatile boolean gone;

  private volatile Timer.@Nullable Scheduled timeout;
  private @Nullable UnaryOperator<Runnable> context;

  /**
   * Creates a call.
   *
   * @param options armed, if they have a timeout
   */
  public CallFuture(I input, CallOptions options) {
    this.input = Objects.requireNonNull(input, "input");
    this.options = Objects.requireNonNull(options, "options");
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

  /** Returns the options, armed. */
  public final CallOptions options() {
    return options;
  }

  /**
   * Starts the clock. To be called before the call is published, and only on one with a timeout.
   */
  public final void startTimeout(Timer timer) {
    long remaining = Deadline.remainingNanos(options, timer.nanoTime());
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
      leave(); // the run need not wait for a callback thread
      threads().callbacks().execute(inContext(() -> failIfDecided(failure.get())));
    }
  }

  /** Decides for an outcome from outside; an executor may be stuck and is overruled. */
  private boolean mayDecide() {
    return executor() != null || claim(Claim.OUTCOME);
  }

  /** Returns the failure of a call whose time is over. */
  public final DeadlineExceededException expired() {
    Duration allowed = Objects.requireNonNullElse(options.timeout(), Duration.ZERO);
    return new DeadlineExceededException(allowed, predictor().toString(), stage());
  }

  /** Returns the threads of the model that is called. */
  protected ServingThreads threads() {
    return ServingThreads.shared();
  }

  private @Nullable Executor executor() {
    Executor own = options.executor();
    return own == null && !isBlocking() ? threads().callbackExecutor() : own;
  }

  /** Keeps the context of this thread for the call's callbacks, before the call is published. */
  public final void captureContext() {
    context = threads().capture();
  }

  /** What the wrapper throws, or that it runs the task twice, must not lose an outcome. */
  private Runnable inContext(Runnable task) {
    UnaryOperator<Runnable> wrapper = context;
    if (wrapper == null) {
      return task;
    }
    AtomicBoolean begun = new AtomicBoolean();
    Runnable once =
        () -> {
          if (begun.compareAndSet(false, true)) {
            task.run();
          }
        };
    return () -> {
      try {
        wrapper.apply(once).run();
      } catch (Throwable t) {
        once.run();
        throw t;
      }
    };
  }

  /** Returns what was called, for messages. */
  protected Object predictor() {
    return "a predictor";
  }

  /** Returns how far the call has come. */
  protected Stage stage() {
    return Stage.UNKNOWN;
  }

  /**
   * Returns whether a thread of the caller blocks on this call and nobody else holds it. Its
   * completion runs no user code.
   */
  protected boolean isBlocking() {
    return false;
  }

  /**
   * Begins to complete the call on the runner's thread, if that runs no user code: the call has no
   * executor, no outcome on its way, and its future has no dependents. Threads in {@link #get()}
   * and {@link #join} are no dependents. After true, {@link #answerHere} or {@link #endHere}
   * follows at once: a thread that attaches a dependent meanwhile waits for it.
   */
  public final boolean beginHere() {
    if (isBlocking()) {
      return true;
    }
    if (executor() != null) {
      return false;
    }
    // Dekker: this is written before it looks for dependents; a thread that attaches one says so
    // before it looks at this.
    completing = true;
    if (attached || claim != null || getNumberOfDependents() > 0) {
      completing = false;
      return false;
    }
    return true;
  }

  /** Ends what {@link #beginHere} began. */
  public final void endHere() {
    if (completing) {
      COMPLETING.setRelease(this, false);
    }
  }

  /**
   * Completes with an answer, on behalf of the runner. User code runs on {@link CallbackExecutor}.
   * Returns false if the call was gone.
   */
  public final boolean answer(O output) {
    return beginHere() ? answerHere(output) : answerApart(output);
  }

  /**
   * Completes with a failure, on behalf of the runner. User code runs on {@link CallbackExecutor}.
   * Returns false if the call was gone.
   */
  public final boolean refuse(Throwable failure) {
    return beginHere() ? completeHere(null, failure) : settleApart(null, failure);
  }

  /** Completes with an answer on this thread, after {@link #beginHere}. */
  public final boolean answerHere(O output) {
    return completeHere(output, null);
  }

  private boolean completeHere(@Nullable O output, @Nullable Throwable failure) {
    try {
      stopTimeout();
      return wakeIf(settle(output, failure));
    } finally {
      endHere();
    }
  }

  /** Completes with an answer on {@link CallbackExecutor}. Returns false if the call was gone. */
  public final boolean answerApart(O output) {
    return settleApart(output, null);
  }

  private boolean settleApart(@Nullable O output, @Nullable Throwable failure) {
    if (isDone() || !claim(Claim.OUTCOME)) {
      return false;
    }
    if (executor() == null) {
      onDelivery(true); // an executor may be stuck, and nothing may wait for it
    }
    threads().callbacks().execute(inContext(() -> deliver(output, failure)));
    return true;
  }

  /** Decides which outcome the future gets; a callback thread may write it later. */
  private boolean claim(Claim kind) {
    return CLAIM.compareAndSet(this, null, kind);
  }

  private void deliver(@Nullable O output, @Nullable Throwable failure) {
    Executor executor = executor();
    if (executor == null) {
      AtomicBoolean delivered = new AtomicBoolean();
      firstOfAll(() -> delivered(delivered));
      finish(output, failure);
      delivered(delivered);
      return;
    }
    try {
      executor.execute(inContext(() -> finish(output, failure)));
    } catch (RuntimeException | Error e) {
      finish(output, failure); // a full or broken executor must not lose an outcome
    }
  }

  private void delivered(AtomicBoolean once) {
    if (once.compareAndSet(false, true)) {
      onDelivery(false);
    }
  }

  /**
   * Called before an outcome is handed to {@link CallbackExecutor}, and again as soon as the future
   * has it, before its dependents run. Does nothing here.
   */
  protected void onDelivery(boolean begins) {}

  private boolean finish(@Nullable O output, @Nullable Throwable failure) {
    stopTimeout();
    firstOfAll(this::wake);
    return wakeIf(settle(output, failure));
  }

  @SuppressWarnings("NullAway") // without a failure there is an output
  private boolean settle(@Nullable O output, @Nullable Throwable failure) {
    return failure == null ? super.complete(output) : super.completeExceptionally(failure);
  }

  /**
   * Does this as soon as the call is done, before its dependents run, since these may block. Does
   * nothing if there are none.
   */
  private void firstOfAll(Runnable task) {
    if (getNumberOfDependents() > 0) {
      var unused =
          super.whenComplete((value, failure) -> task.run()); // the last attached runs first
    }
  }

  // ---- blocked threads ----

  /** A thread that waits for the outcome. */
  private static final class Parked implements ForkJoinPool.ManagedBlocker {
    private final CallFuture<?, ?> call;
    private final Thread thread = Thread.currentThread();
    private final boolean interruptible;
    private @Nullable Parked next;
    private boolean interrupted;

    Parked(CallFuture<?, ?> call, boolean interruptible) {
      this.call = call;
      this.interruptible = interruptible;
    }

    @Override
    public boolean isReleasable() {
      interrupted |= Thread.interrupted();
      return call.isDone() || (interrupted && interruptible);
    }

    @Override
    public boolean block() {
      while (!isReleasable()) {
        LockSupport.park(call);
      }
      return true;
    }
  }

  /** Waits as the JDK's does, but leaves no dependent. Lets a fork-join pool compensate. */
  private void park(boolean interruptible) throws InterruptedException {
    Parked parked = new Parked(this, interruptible);
    do {
      parked.next = waiting;
    } while (!WAITING.compareAndSet(this, parked.next, parked));
    ForkJoinPool.managedBlock(parked);
    if (parked.interrupted) {
      if (interruptible && !isDone()) {
        throw new InterruptedException();
      }
      Thread.currentThread().interrupt();
    }
  }

  private boolean wakeIf(boolean won) {
    if (won) {
      wake();
    }
    return won;
  }

  private void wake() {
    // The outcome is written before this is read; a waiter enters itself, then looks for it.
    for (Parked each = waiting; each != null; each = each.next) {
      LockSupport.unpark(each.thread);
    }
  }

  @Override
  public O get() throws InterruptedException, ExecutionException {
    if (!isDone()) {
      park(true);
    }
    return super.get();
  }

  @Override
  public O join() {
    if (!isDone()) {
      try {
        park(false);
      } catch (InterruptedException e) {
        throw new AssertionError(e); // not thrown where it is not interruptible
      }
    }
    return super.join();
  }

  /** Returns a switch that cancels when this call is gone; to be asked once. */
  public final Cancellation whenGone() {
    WaiterGroup alone = new WaiterGroup(1);
    joinAll(List.of(this), new int[1], alone);
    return alone.cancellation();
  }

  /**
   * Has these of the calls join a run; one that is gone already leaves it at once. Who goes
   * completes first and looks for a run to leave afterwards, so it is seen here or sees the run.
   * One fence serves all: a volatile write for each was a fourth of what a cheap row costs its
   * runner.
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

  private void stopTimeout() {
    Timer.Scheduled scheduled = timeout;
    if (scheduled != null) {
      scheduled.cancel();
    }
  }

  // ---- what others do to the future ----

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
    if (!isDone() && (executor() != null || claim(Claim.CANCEL))) {
      failIfDecided(new CancellationException());
    }
    // Of two threads that cancel at once, one may come here before the other has completed the
    // future.
    return (claim == Claim.CANCEL && !isDone()) || isCancelled();
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
        () -> {
          wake();
          if (failure == failureNow()) {
            gone();
          }
        });
    return goneIf(super.completeExceptionally(failure));
  }

  /** Returns what the call failed with; null if it is not done or did not fail. */
  public final @Nullable Throwable failureNow() {
    try {
      super.getNow(null);
      return null;
    } catch (CancellationException e) {
      return e;
    } catch (CompletionException e) {
      return e.getCause();
    }
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

  /**
   * Returns plain futures for what is derived by {@code thenApply} and the like. The JDK asks for
   * one before it attaches a dependent. {@code allOf} and {@code anyOf} do not ask: a callback of
   * the future that they return runs on the runner's thread if both are attached within the
   * nanoseconds between {@link #beginHere} and the answer.
   */
  @Override
  public <V> CompletableFuture<V> newIncompleteFuture() {
    attached = true;
    if (completing) {
      SpinWait.until(() -> !completing);
    }
    return new CompletableFuture<>();
  }
}
