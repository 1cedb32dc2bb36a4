package dev.inproc.inference.batch;

import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Deadline;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.internal.calls.CallFuture;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One call in the batcher, and the future of its outcome. Its place says which thread accounts for
 * it, each move being one compare-and-set: from {@code OUTSIDE}, where it waits for room, to {@code
 * QUEUED} by the thread that lets it in; from there to {@code TAKEN} by the runner, which takes it
 * out of the count of waiting requests; from any of these to {@code SETTLED} by a thread that fails
 * it on behalf of the batcher, or hands its answer to an executor; or to {@code LEFT} by its own
 * caller or timer. A request that is answered at once stays where it is: its future, completed by
 * the runner, is decision enough. So every request is counted out once, and its outcome is counted
 * once.
 *
 * <p><b>Waking blocked callers.</b> A blocked caller parks until its future is done. When a large
 * batch ends, the runner wakes one of them; each caller, on its way out, wakes the {@link #next}.
 * Waking costs a system call, so this spreads over the callers what would hold up the runner. The
 * link is written before the future completes, so a caller that finds its future done finds the
 * link too. The chain passes over a request that its runner did not get to complete: a caller that
 * left on its own (interrupted, timed out) is never relied on. Nor is a caller that waits for
 * several requests, since it may be asleep on another.
 */
final class Request<I, O> extends CallFuture<I, O> implements QueuedRequest {
  /** In place of an arrival time that no part needs. */
  static final long UNSTAMPED = Long.MIN_VALUE;

  /** Accounts for requests that leave, and for outcomes on their way. */
  interface Listener<I, O> {
    /**
     * A request's caller is gone, or its time is over.
     *
     * @param queued whether it was in the queue's count
     * @param isOutside whether it waited for room
     */
    void gone(Request<I, O> request, boolean queued, boolean isOutside);

    /** An outcome is on its way to its future, or has come there. */
    void onDelivery(boolean begins);

    /** Returns the threads of the model that is called. */
    ServingThreads threads();

    /** Returns what was called, for messages. */
    Object predictor();
  }

  private static final VarHandle PLACE;
  private static final int OUTSIDE = -1;
  private static final int QUEUED = 0;
  private static final int TAKEN = 1;
  private static final int SETTLED = 2;
  private static final int LEFT = 3;

  static {
    try {
      PLACE = MethodHandles.lookup().findVarHandle(Request.class, "place", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Listener<I, O> listener;
  private final long arrivalNanos;
  private final long deadlineNanos;
  private final long bytes;
  private final @Nullable Thread waiter;
  private final boolean chainable;
  private volatile int place;

  /** The blocked caller to be woken by this one; written by the runner before completion. */
  private @Nullable Request<I, O> next;

  /**
   * Creates a request.
   *
   * @param options armed
   * @param nowNanos the time, or {@link #UNSTAMPED} if there is neither a timeout nor a delay
   * @param waiter the thread that blocks on it, or null
   * @param chainable whether the waiter blocks on nothing else
   */
  Request(
      Listener<I, O> listener,
      I input,
      CallOptions options,
      long nowNanos,
      long bytes,
      @Nullable Thread waiter,
      boolean chainable) {
    super(input, options);
    this.listener = listener;
    this.arrivalNanos = nowNanos;
    long remaining = Deadline.remainingNanos(options, nowNanos);
    this.deadlineNanos = remaining == Long.MAX_VALUE ? Long.MAX_VALUE : nowNanos + remaining;
    this.bytes = bytes;
    this.waiter = waiter;
    this.chainable = chainable;
  }

  @Override
  public long arrivalNanos() {
    return arrivalNanos;
  }

  @Override
  public long deadlineNanos() {
    return deadlineNanos;
  }

  @Override
  public CallOptions.Priority priority() {
    return options().priority();
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public boolean isGone() {
    return isDone();
  }

  @Override
  protected boolean isBlocking() {
    return waiter != null;
  }

  @Override
  protected ServingThreads threads() {
    return listener.threads();
  }

  @Override
  protected Object predictor() {
    return listener.predictor();
  }

  @Override
  protected DeadlineExceededException.Stage stage() {
    return place == TAKEN
        ? DeadlineExceededException.Stage.RUNNING
        : DeadlineExceededException.Stage.QUEUED;
  }

  /** Whether it may be refused for the sake of a higher class. */
  @Override
  public boolean isEvictable() {
    return options().overload() == CallOptions.Overload.FAIL;
  }

  /** Whether its caller, once woken, is sure to wake the next. */
  boolean isChainable() {
    return chainable;
  }

  /** Places it outside the queue; before it is published. */
  void waitOutside() {
    place = OUTSIDE;
  }

  /** Takes it from outside into the queue, which counts it already; false if it has left. */
  boolean enter() {
    return PLACE.compareAndSet(this, OUTSIDE, QUEUED);
  }

  /** Whether its caller waits for others of a list too. */
  boolean isPartOfList() {
    return waiter != null && !chainable;
  }

  /** Takes it out of the queue to be run or refused; false if it has left. */
  boolean take() {
    return PLACE.compareAndSet(this, QUEUED, TAKEN);
  }

  @Override
  protected void onDelivery(boolean begins) {
    listener.onDelivery(begins);
  }

  @Override
  protected void onGone() {
    int from = move(LEFT);
    if (from < TAKEN) {
      releaseInput();
    }
    if (from != SETTLED) {
      listener.gone(this, from == QUEUED, from == OUTSIDE);
    }
    wake();
  }

  /** Moves to a last place, unless it is in one; returns where it was. */
  private int move(int last) {
    int seen = place;
    while (seen < SETTLED && !PLACE.compareAndSet(this, seen, last)) {
      seen = place;
    }
    return seen;
  }

  /** Claims it for an outcome that the batcher gives; false if it has one or has left. */
  boolean settle() {
    return !isDone() && move(SETTLED) < SETTLED;
  }

  boolean isSettled() {
    return place >= SETTLED || isDone();
  }

  /**
   * Fails it on behalf of the batcher, wakes its caller and counts it; false if it has an outcome.
   */
  boolean fail(Throwable failure, StatsCounter figures) {
    int from = isDone() ? SETTLED : move(SETTLED);
    if (from >= SETTLED) {
      return false;
    }
    if (from == OUTSIDE) {
      figures.submitted(1); // the queue counts only requests that entered it
    }
    if (from != TAKEN) {
      releaseInput();
    }
    figures.failed(failure);
    refuse(failure);
    wake();
    return true;
  }

  // ---- waiting and waking ----

  void link(@Nullable Request<I, O> toWake) {
    next = toWake;
  }

  @Nullable Request<I, O> next() {
    return next;
  }

  /** Wakes the caller blocked on this, if there is one. */
  void wake() {
    if (waiter != null) {
      LockSupport.unpark(waiter);
    }
  }

  /**
   * Blocks the waiter until this is done. An interrupt cancels the call, sets the interrupt status
   * again and throws.
   */
  O await() {
    try {
      while (!isDone()) {
        if (Thread.currentThread() instanceof ForkJoinWorkerThread) {
          PoolWait.await(this);
        } else {
          LockSupport.park(this);
        }
        if (Thread.interrupted()) {
          interrupted();
        }
      }
      return outcome();
    } finally {
      Request<I, O> toWake = next;
      if (toWake != null) {
        toWake.wake();
      }
    }
  }

  private void interrupted() {
    boolean withdrawn = cancel(true);
    Thread.currentThread().interrupt();
    if (withdrawn) {
      throw new InferenceInterruptedException(new InterruptedException());
    }
  }

  /** The answer of a call that is done; its failure is thrown as a copy, for this caller. */
  private O outcome() {
    boolean interrupted = Thread.interrupted(); // get() would mind, though there is no wait
    try {
      return get();
    } catch (InterruptedException e) {
      throw new IllegalStateException("Not done", e);
    } catch (ExecutionException e) {
      throw BlockedCaller.rethrow(Objects.requireNonNullElse(e.getCause(), e));
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
