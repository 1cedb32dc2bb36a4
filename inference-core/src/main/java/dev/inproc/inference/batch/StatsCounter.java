package dev.inproc.inference.batch;

import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.metrics.HistogramRecorder;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/**
 * What a batcher counts. Each call costs one add; times are stamped for each batch, since five
 * histograms and six clock readings for each request cost as much as carrying it.
 */
final class StatsCounter {
  private final LongAdder notQueued = new LongAdder();
  private final LongAdder answered = new LongAdder();
  private final LongAdder inline = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder expired = new LongAdder();
  private final LongAdder cancelled = new LongAdder();
  private final LongAdder overloaded = new LongAdder();
  private final LongAdder closed = new LongAdder();
  private final LongAdder runs = new LongAdder();
  private final LongAdder reruns = new LongAdder();
  private final DoubleAdder rows = new DoubleAdder();
  private final DoubleAdder paddedRows = new DoubleAdder();
  private final Map<DispatchReason, LongAdder> reasons = new EnumMap<>(DispatchReason.class);
  private final HistogramRecorder sizes = new HistogramRecorder();
  private final HistogramRecorder queueNanos = new HistogramRecorder();
  private final HistogramRecorder runNanos = new HistogramRecorder();

  StatsCounter() {
    for (DispatchReason reason : DispatchReason.values()) {
      reasons.put(reason, new LongAdder());
    }
  }

  /** Requests that never enter the queue; it counts the others. */
  void submitted(int requests) {
    notQueued.add(requests);
  }

  void answered(int requests) {
    answered.add(requests);
  }

  void inline(int requests) {
    answered.add(requests);
    inline.add(requests);
  }

  /** Requests that their callers took back. */
  void cancelled(int requests) {
    cancelled.add(requests);
  }

  /** Counts a failure by its kind. */
  void failed(Throwable failure) {
    failed(failure, 1);
  }

  void failed(Throwable failure, int requests) {
    counterOf(failure).add(requests);
  }

  private LongAdder counterOf(Throwable failure) {
    if (failure instanceof DeadlineExceededException) {
      return expired;
    }
    if (failure instanceof OverloadedException) {
      return overloaded;
    }
    if (failure instanceof PredictorClosedException) {
      return closed;
    }
    return failure instanceof CancellationException ? cancelled : failed;
  }

  void ran(int count, double padding) {
    rows.add(count);
    paddedRows.add(count * padding);
  }

  void began(DispatchReason reason, int size) {
    runs.increment();
    Objects.requireNonNull(reasons.get(reason)).increment();
    if (reason == DispatchReason.ISOLATION) {
      reruns.increment();
      return;
    }
    sizes.record(size);
  }

  /** The time in the queue of one request, taken for all of its batch. */
  void queued(long nanos, int size) {
    queueNanos.record(nanos, size);
  }

  void ended(long nanos) {
    runNanos.record(nanos);
  }

  /**
   * Returns the figures now. Every request is counted as submitted before its outcome is, and
   * outcomes are read first, so outcomes never exceed submissions.
   */
  BatchingMetrics snapshot(RequestQueue<?> requests) {
    Map<DispatchReason, Long> byReason = new EnumMap<>(DispatchReason.class);
    reasons.forEach((reason, count) -> byReason.put(reason, count.sum()));
    double all = rows.sum();
    long inlineNow = inline.sum();
    long answeredNow = answered.sum();
    long failedNow = failed.sum();
    long expiredNow = expired.sum();
    long cancelledNow = cancelled.sum();
    long overloadedNow = overloaded.sum();
    long closedNow = closed.sum();
    long ended = answeredNow + failedNow + expiredNow + cancelledNow + overloadedNow + closedNow;
    // But a timeout may end a request that was admitted and is not yet in the queue.
    long submitted = Math.max(ended, notQueued.sum() + requests.offered());
    return new BatchingMetrics(
        submitted,
        answeredNow,
        inlineNow,
        failedNow,
        expiredNow,
        cancelledNow,
        overloadedNow,
        closedNow,
        requests.waiting(),
        requests.waitingBytes(),
        runs.sum(),
        reruns.sum(),
        byReason,
        sizes.snapshot(),
        queueNanos.snapshot(),
        runNanos.snapshot(),
        all == 0 ? 0 : paddedRows.sum() / all);
  }
}
