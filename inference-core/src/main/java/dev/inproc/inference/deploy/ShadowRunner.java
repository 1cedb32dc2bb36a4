package dev.inproc.inference.deploy;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.CacheMode;
import dev.inproc.inference.CallOptions.Priority;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.deploy.ShadowFeed.Pair;
import dev.inproc.inference.deploy.ShadowMetrics.Failure;
import dev.inproc.inference.internal.concurrent.InFlight;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.internal.concurrent.Workers;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs copies on the shadow's lane within its share of the processors. At most one worker thread
 * does, and only while there are copies: it runs some in a <em>slice</em> of about a millisecond,
 * one after the other, and then gives the thread back until the pause that the slice costs is over.
 * A slice whose work took the time t is followed by a pause of t(1 - d)/d, where d is the duty
 * cycle. The pause is not shortened by idle time before, so no window of time that begins with a
 * slice and ends with a pause exceeds the share.
 *
 * <p>A caller wakes the timer at most once a pause. No code of the application runs on the timer's
 * thread.
 */
final class ShadowRunner<I, O> {
  /** Of runs that are shorter, several share the cost of a thread's wake-up. */
  private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /** What a slice is charged at least: the wake-up of a thread belongs to it. */
  private static final long LEAST_CHARGE_NANOS = TimeUnit.MICROSECONDS.toNanos(100);

  /** The caller that wakes the shadow returns first, even on a machine of one processor. */
  private static final long FIRST_DELAY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /** How soon to look again whether calls of the primary wait. */
  private static final long YIELD_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private final ShadowPlan<I, O> plan;
  private final Lane<I, O> lane;
  private final ShadowFeed<I, O> feed;
  private final ShadowLedger ledger;
  private final ShadowComparison<O> comparison;
  private final Supplier<Lane<I, O>> primary;
  private final ServingThreads threads;
  private final double dutyCycle;
  private final double charge;
  private final long began;
  private final AtomicBoolean isActive = new AtomicBoolean();
  private final InFlight slices = new InFlight();
  private final LongAdder busyNanos = new LongAdder();
  private final LongAdder yields = new LongAdder();
  private PrimaryQueue queueOfPrimary = PrimaryQueue.NONE; // of the slice that runs
  private volatile boolean isClosed;

  // Guarded by this.
  private @Nullable Thread worker;
  private Timer.@Nullable Scheduled next;

  /**
   * Creates one.
   *
   * @param lane the shadow's
   * @param primary returns the lane that serves
   */
  ShadowRunner(
      ShadowPlan<I, O> plan,
      Lane<I, O> lane,
      ShadowFeed<I, O> feed,
      ShadowLedger ledger,
      ShadowComparison<O> comparison,
      Supplier<Lane<I, O>> primary,
      ServingThreads threads) {
    this.plan = plan;
    this.lane = lane;
    this.feed = feed;
    this.ledger = ledger;
    this.comparison = comparison;
    this.primary = primary;
    this.threads = threads;
    int processors = Runtime.getRuntime().availableProcessors();
    dutyCycle = plan.dutyCycle(processors);
    charge = plan.charge(processors);
    began = threads.timer().nanoTime();
  }

  // ---- turns ----

  /** Has the copies run soon. Never blocks and never throws. */
  void wake() {
    if (!isActive.get() && isActive.compareAndSet(false, true)) {
      later(FIRST_DELAY_NANOS);
    }
  }

  private void later(long delayNanos) {
    try {
      synchronized (this) {
        next = isClosed ? null : threads.timer().schedule(this::begin, delayNanos);
      }
    } catch (RejectedExecutionException | OutOfMemoryError e) { // the runtime is closed
      feed.close();
    }
  }

  /** On the timer's thread. */
  private void begin() {
    if (feed.isEmpty()) {
      isActive.set(false);
      if (!feed.isEmpty()) { // a copy that came meanwhile may have seen this active
        wake();
      }
      return;
    }
    try {
      threads.workers().turn(this, this::slice);
    } catch (RuntimeException | OutOfMemoryError e) { // the runtime is closed, or has no thread
      later(TimeUnit.SECONDS.toNanos(1));
    }
  }

  /** On a worker. */
  private void slice() {
    long start = threads.timer().nanoTime();
    long pause = 0;
    slices.begin();
    enter(Thread.currentThread());
    try {
      pause = runSome(start);
    } finally {
      enter(null);
      var unused = Thread.interrupted(); // a recorder may interrupt, and so does a close
      long used = Math.max(threads.timer().nanoTime() - start, LEAST_CHARGE_NANOS);
      busyNanos.add(used);
      slices.end();
      later(Math.max(pause, (long) Math.min(1e18, used * (1 - dutyCycle) / dutyCycle)));
    }
  }

  private synchronized void enter(@Nullable Thread thread) {
    worker = thread;
  }

  /** Runs copies; returns how long to wait at least. */
  private long runSome(long start) {
    Lane<I, O> serving = primary.get();
    queueOfPrimary = queueOfPrimary.of(serving);
    while (!isClosed && threads.timer().nanoTime() - start < SLICE_NANOS) {
      if (queueOfPrimary.isWaiting()) {
        yields.increment();
        return YIELD_NANOS;
      }
      Pair<I, O> pair = feed.poll();
      if (pair == null) {
        return 0;
      }
      run(pair);
    }
    return 0;
  }

  // ---- one copy ----

  private void run(Pair<I, O> pair) {
    var serving = primary.get().version;
    if (!pair.version().equals(serving)) {
      ledger.droppedWaiting();
      return;
    }
    comparison.against(serving);
    ShadowRecorder<? super I, ? super O> recorder = plan.recorder();
    O answer;
    try {
      // The lane may write into its request, so the recorder's is another.
      I own = recorder == null ? pair.input() : plan.copyInput(pair.input());
      long start = threads.timer().nanoTime();
      answer = lane.calls.predict(own, options(pair.options()));
      ledger.answered(threads.timer().nanoTime() - start);
    } catch (Throwable t) {
      failed(t);
      return;
    }
    try {
      comparison.add(pair.answer(), answer);
    } catch (Throwable t) {
      comparison.addFailure();
      ledger.failedWaiting(Failure.COMPARISON, t);
      return;
    }
    if (recorder != null) {
      record(recorder, pair, answer);
    }
    ledger.compared();
  }

  private void failed(Throwable failure) {
    if (isClosed) { // the run was stopped, which is not the version's fault
      ledger.droppedWaiting();
      return;
    }
    comparison.addFailure();
    ledger.failedWaiting(kindOf(failure), failure);
  }

  private static Failure kindOf(Throwable failure) {
    if (failure instanceof InvalidInputException) {
      return Failure.INVALID;
    }
    return failure instanceof DeadlineExceededException ? Failure.EXPIRED : Failure.FAILED;
  }

  private void record(ShadowRecorder<? super I, ? super O> recorder, Pair<I, O> pair, O answer) {
    try {
      recorder.record(pair.input(), pair.answer(), answer);
    } catch (Throwable t) {
      ledger.recorderFailed(t);
    }
    var unused = Thread.interrupted(); // its interrupt is not the next run's
  }

  /**
   * Of the caller's options, a shadow keeps what decides the answer: whose request it is. The
   * caller waits for nothing here, so its timeout, its executor and its facts stay with it.
   */
  private CallOptions options(CallOptions callers) {
    CallOptions own =
        CallOptions.timeout(plan.timeout())
            .withPriority(Priority.LOW)
            .withCacheMode(
                callers.cacheMode() == CacheMode.ONLY_IF_CACHED
                    ? CacheMode.USE
                    : callers.cacheMode());
    String requestId = callers.requestId();
    String affinityKey = callers.affinityKey();
    String cacheScope = callers.cacheScope();
    own = requestId == null ? own : own.withRequestId(requestId);
    own = affinityKey == null ? own : own.withAffinityKey(affinityKey);
    return cacheScope == null ? own : own.withCacheScope(cacheScope);
  }

  // ---- closing ----

  /** Begins no more runs. */
  synchronized void close() {
    isClosed = true;
    if (next != null) {
      next.cancel();
    }
  }

  /** Returns whether the calling thread is the one that runs copies. */
  boolean isRunning() {
    return Workers.isTurning(this);
  }

  /** Returns whether no copy runs any more, in time. */
  boolean awaitEnd(long timeoutNanos) {
    return slices.await(timeoutNanos);
  }

  /** Interrupts what runs. */
  synchronized void interrupt() {
    if (worker != null) {
      worker.interrupt();
    }
  }

  // ---- figures ----

  double processorShare() {
    long elapsed = Math.max(1, threads.timer().nanoTime() - began);
    return Math.min(1, charge * busyNanos.sum() / elapsed);
  }

  long yields() {
    return yields.sum();
  }
}
