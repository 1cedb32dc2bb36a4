package dev.inproc.inference.deploy;

import dev.inproc.inference.deploy.ShadowMetrics.Failure;
import dev.inproc.inference.metrics.Histogram;
import dev.inproc.inference.metrics.HistogramRecorder;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What became of each call that was offered to a shadow. A copy that is queued is pending until it
 * is compared, failed or dropped. Thread-safe.
 */
final class ShadowLedger {
  private static final int LONGEST_MESSAGE = 500;

  private final LongAdder offered = new LongAdder();
  private final LongAdder compared = new LongAdder();
  private final LongAdder dropped = new LongAdder();
  private final LongAdder pending = new LongAdder();
  private final LongAdder recorderFailures = new LongAdder();
  private final Map<Failure, LongAdder> failures = new EnumMap<>(Failure.class);
  private final HistogramRecorder primaryNanos = new HistogramRecorder();
  private final HistogramRecorder shadowNanos = new HistogramRecorder();
  private volatile @Nullable Throwable lastFailure;

  ShadowLedger() {
    for (Failure kind : Failure.values()) {
      failures.put(kind, new LongAdder());
    }
  }

  /** A call was answered and belongs to the sample. */
  void offered() {
    offered.increment();
  }

  /** A call that was offered found no room. */
  void dropped() {
    dropped.increment();
  }

  /** A call that was offered could not be copied. */
  void failed(Failure kind, Throwable failure) {
    lastFailure = failure;
    adder(kind).increment();
  }

  /** A call that was offered waits for its run. */
  void queued(long tookNanos) {
    primaryNanos.record(tookNanos);
    pending.increment();
  }

  /** A call that waited is not run, or its run no longer matters. */
  void droppedWaiting() {
    dropped.increment();
    pending.decrement();
  }

  /** A call that waited has failed. */
  void failedWaiting(Failure kind, Throwable failure) {
    failed(kind, failure);
    pending.decrement();
  }

  /** The shadow has answered a call. */
  void answered(long tookNanos) {
    shadowNanos.record(tookNanos);
  }

  /** A call that waited is compared. */
  void compared() {
    compared.increment();
    pending.decrement();
  }

  /** The recorder threw. */
  void recorderFailed(Throwable failure) {
    lastFailure = failure;
    recorderFailures.increment();
  }

  private LongAdder adder(Failure kind) {
    return Objects.requireNonNull(failures.get(kind));
  }

  // ---- figures ----

  long offeredCount() {
    return offered.sum();
  }

  long comparedCount() {
    return compared.sum();
  }

  long droppedCount() {
    return dropped.sum();
  }

  long pendingCount() {
    return pending.sum();
  }

  long recorderFailureCount() {
    return recorderFailures.sum();
  }

  Map<Failure, Long> failureCounts() {
    Map<Failure, Long> counts = new EnumMap<>(Failure.class);
    failures.forEach((kind, count) -> counts.put(kind, count.sum()));
    return counts;
  }

  Optional<String> lastFailure() {
    Throwable last = lastFailure;
    if (last == null) {
      return Optional.empty();
    }
    String text;
    try {
      text = last.toString();
    } catch (RuntimeException | Error e) { // the application's own exception
      text = last.getClass().getName();
    }
    return Optional.of(text.substring(0, Math.min(text.length(), LONGEST_MESSAGE)));
  }

  Histogram primaryNanos() {
    return primaryNanos.snapshot();
  }

  Histogram shadowNanos() {
    return shadowNanos.snapshot();
  }
}
