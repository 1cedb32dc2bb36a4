package dev.inproc.inference.batch;

import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.PredictorClosedException;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/**
 * What a batcher counts. Each call costs one add; times are stamped for each batch, since five
 * histograms and six clock readings for each request cost as much as carrying it.
 */
final class Figures {
  private static final long LONGEST = TimeUnit.HOURS.toNanos(1);

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
  private final Spread sizes;
  private final Spread queue = new Spread(LONGEST);
  private final Spread run = new Spread(LONGEST);

  Figures(int maxBatchSize) {
    sizes = new Spread(Math.max(2, maxBatchSize));
    for (DispatchReason reason : DispatchReason.values()) {
      reasons.put(reason, new LongAdder());
    }
  }

  /** Those that never come to the queue, which counts its own. */
  void submitted(int requests) {
    notQueued.add(requests);
  }

  void answered(int requests) {
    answered.add(requests);
  }

  void inline(int requests) {
    inline.add(requests);
    answered.add(requests);
  }

  /** By the kind of failure. */
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
    sizes.record(size, 1);
  }

  /** Of one request for all of its batch. */
  void queued(long nanos, int size) {
    queue.record(clamp(nanos), size);
  }

  void ended(long runNanos) {
    run.record(clamp(runNanos), 1);
  }

  private static long clamp(long nanos) {
    return Math.max(0, Math.min(nanos, LONGEST));
  }

  BatchingMetrics snapshot(long offered, int waiting, long waitingBytes) {
    Map<DispatchReason, Long> byReason = new EnumMap<>(DispatchReason.class);
    reasons.forEach((reason, count) -> byReason.put(reason, count.sum()));
    double all = rows.sum();
    return new BatchingMetrics(
        notQueued.sum() + offered,
        answered.sum(),
        inline.sum(),
        failed.sum(),
        expired.sum(),
        cancelled.sum(),
        overloaded.sum(),
        closed.sum(),
        waiting,
        waitingBytes,
        runs.sum(),
        reruns.sum(),
        byReason,
        sizes.distribution(1),
        queue.distribution(1e-3),
        run.distribution(1e-3),
        all == 0 ? 0 : paddedRows.sum() / all);
  }
}
