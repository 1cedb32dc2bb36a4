package dev.inproc.inference.deploy;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.deploy.DeploymentMetrics.LaneMetrics;
import dev.inproc.inference.deploy.DeploymentMetrics.LaneState;
import dev.inproc.inference.events.ServingEvent.VersionRetired;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.internal.concurrent.Workers;
import dev.inproc.inference.model.ModelVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of lanes that no table names any more: the last that served is kept warm for a time,
 * then it is closed, as the others are at once. A worker thread closes a lane, waits for its calls
 * and frees its memory: no caller does. Thread-safe.
 */
final class LaneRetirement<I, O> {
  private final String name;
  private final ServingThreads threads;
  private final long keepWarmNanos;

  // Guarded by this.
  private @Nullable Warm<I, O> warm;
  private final List<Lane<I, O>> draining = new ArrayList<>();
  private boolean isClosed;

  private record Warm<I, O>(Lane<I, O> lane, Timer.Scheduled expiry) {}

  LaneRetirement(String name, ServingThreads threads, long keepWarmNanos) {
    this.name = name;
    this.threads = threads;
    this.keepWarmNanos = keepWarmNanos;
  }

  /**
   * Keeps a lane for a time, in place of the lane that was kept before.
   *
   * @param borrower a lane over the same session, which is closed before it; or null
   */
  synchronized void keepWarm(Lane<I, O> lane, @Nullable Lane<I, O> borrower) {
    if (borrower != null && keepWarmNanos == 0) {
      draining.add(borrower);
      draining.add(lane);
      turn(
          lane,
          () -> {
            close(borrower, false);
            close(lane, true);
          });
      return;
    }
    if (borrower != null) {
      releaseControl(borrower);
    }
    keepWarm(lane);
  }

  /** Keeps a lane for a time, in place of the lane that was kept before. */
  synchronized void keepWarm(Lane<I, O> lane) {
    Lane<I, O> before = takeWarm(each -> true);
    if (before != null) {
      release(before);
    }
    if (keepWarmNanos == 0) {
      release(lane);
      return;
    }
    try {
      Timer.Scheduled expiry = threads.timer().schedule(() -> expire(lane), keepWarmNanos);
      warm = new Warm<>(lane, expiry);
    } catch (RejectedExecutionException e) { // the runtime is closed
      release(lane);
    }
  }

  private synchronized void expire(Lane<I, O> lane) {
    if (warm != null && warm.lane == lane) {
      warm = null;
      release(lane);
    }
  }

  /** Returns the lane that is kept warm, which is not kept any more, if it is of such a version. */
  synchronized @Nullable Lane<I, O> takeWarm(Predicate<ModelVersion> version) {
    Warm<I, O> kept = warm;
    if (kept == null || !version.test(kept.lane.version)) {
      return null;
    }
    kept.expiry.cancel();
    warm = null;
    return kept.lane;
  }

  /** Has a lane closed by a worker. */
  synchronized void release(Lane<I, O> lane) {
    draining.add(lane);
    turn(lane, () -> close(lane, true));
  }

  /** Has a control lane closed by a worker. Its version is not retired: another lane has it. */
  synchronized void releaseControl(Lane<I, O> lane) {
    draining.add(lane);
    turn(lane, () -> close(lane, false));
  }

  private void turn(Lane<I, O> lane, Runnable task) {
    try {
      threads.workers().turn(lane, task);
    } catch (RuntimeException | OutOfMemoryError e) { // the runtime is closed, or has no thread
      Workers.shared().turn(lane, task);
    }
  }

  private void close(Lane<I, O> lane, boolean isRetired) {
    LaneLoader.discard(lane.calls);
    boolean isTold;
    synchronized (this) {
      draining.remove(lane);
      isTold = isRetired && !isClosed;
    }
    if (isTold) {
      threads.events().publish(new VersionRetired(name, lane.version.toString()));
    }
  }

  /** Takes no more lanes. Returns those that are to be closed, or are being closed. */
  synchronized List<Lane<I, O>> beginClose() {
    isClosed = true;
    List<Lane<I, O>> all = new ArrayList<>(draining);
    Lane<I, O> kept = takeWarm(each -> true);
    if (kept != null) {

      all.add(kept);
    }
    return all;
  }

  synchronized boolean has(Predictor<I, O> predictor) {
    return (warm != null && warm.lane.predictor == predictor)
        || draining.stream().anyMatch(lane -> lane.predictor == predictor);
  }

  synchronized List<LaneMetrics> metrics() {
    List<LaneMetrics> all = new ArrayList<>();
    if (warm != null) {
      all.add(new LaneMetrics(warm.lane.version, LaneState.WARM));
    }
    draining.forEach(lane -> all.add(new LaneMetrics(lane.version, LaneState.DRAINING)));
    return all;
  }
}
