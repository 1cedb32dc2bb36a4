package dev.inproc.inference.deploy;

import dev.inproc.inference.events.ServingEvent.ShadowStopped;
import dev.inproc.inference.internal.concurrent.Durations;
import dev.inproc.inference.internal.concurrent.InFlight;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Workers;
import dev.inproc.inference.model.ModelVersion;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The parts of a shadow, put together. */
final class RunningShadow<I, O> implements Shadow {
  static final Duration CLOSE_TIME = Duration.ofSeconds(10);
  static final long GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final String deployment;
  private final Lane<I, O> lane;
  private final ShadowSlot<I, O> slot;
  private final ServingThreads threads;
  private final ShadowLedger ledger = new ShadowLedger();
  private final ShadowComparison<O> comparison;
  private final ShadowFeed<I, O> feed;
  private final ShadowRunner<I, O> runner;
  private final AtomicBoolean isClosing = new AtomicBoolean();
  private final InFlight laneOpen = new InFlight();
  private final Consumer<RunningShadow<I, O>> onClose;
  private final Consumer<RunningShadow<I, O>> onClosed;

  /**
   * Creates one, which copies nothing yet.
   *
   * @param lane the shadow's, which this owns
   * @param primary returns the lane that serves
   * @param onClose is called once when closing begins
   * @param onClosed is called once when everything is released
   */
  RunningShadow(
      String deployment,
      ShadowPlan<I, O> plan,
      Lane<I, O> lane,
      ShadowSlot<I, O> slot,
      Supplier<Lane<I, O>> primary,
      ServingThreads threads,
      Consumer<RunningShadow<I, O>> onClose,
      Consumer<RunningShadow<I, O>> onClosed) {
    this.deployment = deployment;
    this.lane = lane;
    this.slot = slot;
    this.threads = threads;
    this.onClose = onClose;
    this.onClosed = onClosed;
    comparison = new ShadowComparison<>(plan, primary.get().version);
    feed = new ShadowFeed<>(plan, threads.timer(), ledger, () -> primary.get().version);
    runner = new ShadowRunner<>(plan, lane, feed, ledger, comparison, primary, threads);
    feed.onCopy(runner::wake);
    laneOpen.begin();
  }

  /** Copies calls from now on. */
  void start() {
    slot.set(feed, lane.predictor);
  }

  @Override
  public ModelVersion version() {
    return lane.version;
  }

  @Override
  public ShadowMetrics metrics() {
    var failures = ledger.failureCounts();
    return new ShadowMetrics(
        lane.version,
        comparison.primary(),
        ledger.offeredCount(),
        ledger.comparedCount(),
        failures.values().stream().mapToLong(Long::longValue).sum(),
        ledger.droppedCount(),
        ledger.pendingCount(),
        failures,
        ledger.lastFailure(),
        ledger.recorderFailureCount(),
        comparison.agreement(),
        ledger.primaryNanos(),
        ledger.shadowNanos(),
        runner.processorShare(),
        runner.yields());
  }

  @Override
  public Optional<String> refusal(ShadowGate gate) {
    Objects.requireNonNull(gate, "gate");
    return comparison.refusal(gate).map(why -> "Shadow " + lane.version + " " + why);
  }

  // ---- closing ----

  /** Ends copying, and has a worker close the lane. Returns at once. */
  void beginClose(Duration timeout) {
    if (!isClosing.compareAndSet(false, true)) {
      return;
    }
    slot.clear();
    runner.close();
    feed.close();
    onClose.accept(this);
    ShadowMetrics last = metrics();
    threads
        .events()
        .publish(
            new ShadowStopped(
                deployment,
                lane.version.toString(),
                last.compared(),
                last.failed(),
                last.dropped()));
    try {
      threads.workers().turn(lane, () -> closeLane(timeout));
    } catch (RuntimeException | OutOfMemoryError e) { // the runtime is closed, or has no thread
      Workers.shared().turn(lane, () -> closeLane(timeout));
    }
  }

  private void closeLane(Duration timeout) {
    long nanos = Durations.of(timeout);
    boolean isReleased = false;
    try {
      isReleased = lane.calls.close(timeout);
    } catch (RuntimeException | Error e) {
      LaneLoader.LOG.log(Level.WARNING, "Cannot close " + lane, e);
    }
    if (!isReleased || !runner.awaitEnd(nanos)) {
      runner.interrupt(); // code of the application may wait, and end so
    }
    if (!isReleased) {
      LaneLoader.discard(lane.calls); // waits for the run that hangs
    }
    laneOpen.end();
    onClosed.accept(this);
  }

  /** Returns whether everything is released in time; the shadow's own thread does not wait. */
  boolean awaitClosed(long timeoutNanos) {
    if (runner.isRunning()) {
      return false;
    }
    long end = System.nanoTime() + timeoutNanos;
    boolean isAll = laneOpen.await(timeoutNanos);
    return runner.awaitEnd(Math.max(0, end - System.nanoTime())) && isAll;
  }

  @Override
  public void close() {
    var unused = close(CLOSE_TIME);
  }

  @Override
  public boolean close(Duration timeout) {
    Objects.requireNonNull(timeout, "timeout");
    beginClose(timeout);
    return awaitClosed(Durations.of(timeout) + GRACE_NANOS);
  }

  @Override
  public String toString() {
    return "shadow(" + lane + ")";
  }
}
