package dev.inproc.inference.internal.calls;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.internal.concurrent.CallbackExecutor;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.SpinWait;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The runner's half of a call: how an answer or a failure comes to the future. An outcome that runs
 * no user code is written at once by the runner's thread. Any other is claimed first, and then
 * written on {@link CallbackExecutor} or on the call's own executor.
 */
abstract class DeliveredFuture<O> extends WaitableFuture<O> {
  private static final VarHandle CLAIM;
  private static final VarHandle COMPLETING;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      CLAIM = lookup.findVarHandle(DeliveredFuture.class, "claim", Claim.class);
      COMPLETING = lookup.findVarHandle(DeliveredFuture.class, "completing", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** What the first thread that decided the call's outcome does. */
  enum Claim {
    OUTCOME,
    CANCEL
  }

  private final CallOptions options;
  private volatile @Nullable Claim claim;
  private volatile boolean attached;
  private volatile boolean completing;
  private volatile boolean failing;
  private @Nullable UnaryOperator<Runnable> context;

  DeliveredFuture(CallOptions options) {
    this.options = Objects.requireNonNull(options, "options");
  }

  /** Returns the options, armed. */
  public final CallOptions options() {
    return options;
  }

  /** Returns the threads of the model that is called. */
  protected ServingThreads threads() {
    return ServingThreads.shared();
  }

  /**
   * Returns whether a thread of the caller blocks on this call and no other code holds it. Its
   * completion runs no user code.
   */
  protected boolean isBlocking() {
    return false;
  }

  final @Nullable Executor executor() {
    Executor own = options.executor();
    return own == null && !isBlocking() ? threads().callbackExecutor() : own;
  }

  /** Keeps the context of this thread for the call's callbacks, before the call is published. */
  public final void captureContext() {
    context = threads().capture();
  }

  /** A wrapper that throws, or runs the task twice, must not lose or repeat an outcome. */
  final Runnable inContext(Runnable task) {
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

  // ---- by the runner ----

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
    // Dekker: the runner writes this before it looks for dependents. A thread that attaches one
    // writes that before it looks at this.
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
    boolean isOverruled = failure != null && failing;
    if (isDone() || isOverruled || !claim(Claim.OUTCOME)) {
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
      firstOfAll(failed -> delivered(delivered));
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
    firstOfAll(failed -> wakeWaiting());
    return wakeIf(settle(output, failure));
  }

  @SuppressWarnings("NullAway") // without a failure there is an output
  private boolean settle(@Nullable O output, @Nullable Throwable failure) {
    return failure == null ? super.complete(output) : super.completeExceptionally(failure);
  }

  /**
   * Does this as soon as the call is done, before its dependents run, since these may block. Does
   * nothing if there are none.
   *
   * @param task is given the failure that the call was completed with, or null; from JDK 23 on, all
   *     other ways to read a {@code CancellationException} return a new one
   */
  final void firstOfAll(Consumer<@Nullable Throwable> task) {
    if (getNumberOfDependents() > 0) {
      var unused =
          super.whenComplete((value, failure) -> task.accept(failure)); // the last runs first
    }
  }

  // ---- by others ----

  /** Decides for an outcome from outside; an executor may be stuck and is overruled. */
  final boolean mayDecide() {
    return executor() != null || claim(Claim.OUTCOME);
  }

  /**
   * Says that a failure from outside is on its way. The run that the call leaves is stopped, and
   * how it fails then is not the call's outcome.
   */
  final void beginFailure() {
    failing = true;
  }

  /** Decides that the call is cancelled, unless another outcome is on its way. */
  final boolean mayCancel() {
    return executor() != null || claim(Claim.CANCEL);
  }

  /** Whether the call was claimed for a cancel that has not reached the future yet. */
  final boolean isBeingCancelled() {
    return claim == Claim.CANCEL && !isDone();
  }

  /** Forgets the timeout of a call that has its outcome. */
  abstract void stopTimeout();

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
