package dev.inproc.inference.batch;

import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What runs next on an engine that is idle. A pure function of who waits, of the time it is given
 * and of what runs cost, so that it runs as well in virtual time. One thread at a time.
 *
 * @param <R> the requests
 */
final class BatchPolicy<R extends QueuedRequest> {
  /** Plans are made on what this share of runs stays within. */
  static final double PLAN = 0.9;

  /** The 10th percentile of run time: the optimistic estimate before a deadline is rejected. */
  static final double LUCK = 0.1;

  private static final double[] PLANS = {PLAN, 0.5, LUCK};
  private static final int LOOK_AHEAD = 8;
  private static final int MOST_PLANNED = 4_096; // requests with a deadline in one run
  private static final int PATIENCE = 8;
  private static final int LONE = 2;
  private static final int USUAL = 64;

  /** A thread that sleeps until a time wakes later. */
  private static final long SLACK_NANOS = 10_000_000;

  private final int maxBatchSize;
  private final long maxDelayNanos;
  private final CostPredictor cost;
  private final WeightedFairQueue<R> untimed = new WeightedFairQueue<>();
  private final DeadlineQueue<R> timed;
  private final DeadlinePlanner planner;
  private final IntPredicate isChosen; // by the planner, of a place in the window
  private DispatchReason reason = DispatchReason.IDLE_ENGINE;
  private double usualNanos; // from arrival to deadline, a fading mean
  private int passedOver; // runs without one of those untimed that waited
  private boolean draining;
  private boolean delayed; // what runs next has waited for more
  private int consecutiveSingles = LONE; // runs of one row in a row

  BatchPolicy(int maxBatchSize, long maxDelayNanos, CostPredictor cost) {
    this.maxBatchSize = maxBatchSize;
    this.maxDelayNanos = maxDelayNanos;
    this.cost = cost;
    int batch = Math.min(maxBatchSize, MOST_PLANNED);
    int most = Math.max(1_024, 2 * batch);
    int lookAhead = Math.max(64, Math.min(LOOK_AHEAD * batch, most));
    timed = new DeadlineQueue<>(lookAhead);
    planner = new DeadlinePlanner(batch, cost);
    isChosen = planner::isChosen;
  }

  /** Takes in a request. */
  void add(R request) {
    if (request.deadlineNanos() == Long.MAX_VALUE) {
      untimed.add(request);
    } else {
      timed.add(request);
      double given = request.deadlineNanos() - request.arrivalNanos();
      usualNanos += usualNanos == 0 ? given : (given - usualNanos) / USUAL;
    }
  }

  /** Those waiting; gone ones may still be counted. */
  int size() {
    return untimed.size() + timed.size();
  }

  /** Forgets those that are gone. */
  void purge() {
    untimed.purge();
    timed.purge();
  }

  /** No more will come: from now on nothing waits for more. */
  void drain() {
    draining = true;
  }

  /** Takes everything out. */
  void removeAll(List<R> all) {
    untimed.take(untimed.size(), all);
    timed.removeAll(all);
  }

  /**
   * Takes out one of the lowest class below this, the one that came last, or with the latest
   * deadline; null if none may be refused.
   */
  @Nullable R pollEvictable(int belowClass) {
    for (int ofClass = 0; ofClass < belowClass; ofClass++) {
      R found = untimed.pollEvictable(ofClass);
      if (found == null) {
        found = timed.pollEvictable(ofClass);
      }
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  /** Why the last batch was run. */
  DispatchReason reason() {
    return reason;
  }

  /**
   * Chooses for an engine that is idle now.
   *
   * @param batch gets what to run now, in this order
   * @param unmeetable gets what no plan can meet, to be refused now
   * @return 0 if the batch is to be run now; else nanoseconds after which to ask again, unless more
   *     comes before; {@link Long#MAX_VALUE} if nothing waits
   */
  long select(long nowNanos, List<R> batch, List<R> unmeetable) {
    if (timed.size() > 0) {
      refresh(nowNanos, unmeetable);
    }
    if (timed.count() == 0 && untimed.isEmpty()) {
      return Long.MAX_VALUE;
    }
    long wait = maxDelayNanos == 0 || draining ? 0 : window(nowNanos);
    if (wait > 0) {
      delayed = true;
      return wait;
    }
    if (timed.count() == 0) {
      untimed.take(maxBatchSize, batch);
      reason = DispatchReason.IDLE_ENGINE;
    } else {
      takeTimed(nowNanos, batch);
    }
    if (batch.size() == maxBatchSize) {
      reason = DispatchReason.FULL;
    } else if (delayed && reason == DispatchReason.IDLE_ENGINE) {
      reason = DispatchReason.DELAY_PASSED;
    }
    delayed = false;
    consecutiveSingles = batch.size() == 1 ? Math.min(consecutiveSingles + 1, LONE) : 0;
    return 0;
  }

  /**
   * Takes out what cannot be met. But a prediction may be wrong, and refusing is for the good of
   * others: where nothing else waits, the one with the most time left is tried, and its run
   * corrects the prediction.
   */
  private void refresh(long nowNanos, List<R> unmeetable) {
    int from = unmeetable.size();
    timed.refresh(nowNanos, cost, LUCK, unmeetable);
    if (timed.count() == 0 && unmeetable.size() > from && untimed.isEmpty()) {
      R last = unmeetable.get(unmeetable.size() - 1);
      if (last.deadlineNanos() - nowNanos > 0) {
        unmeetable.remove(unmeetable.size() - 1);
        timed.add(last);
      }
    }
  }

  // ---- the window of maxDelay ----

  private long window(long nowNanos) {
    if (size() >= maxBatchSize) {
      purge();
      if (size() >= maxBatchSize) {
        return 0;
      }
    }
    if (size() == 1 && consecutiveSingles >= LONE) {
      return 0; // nobody else is to be expected
    }
    long oldest = untimed.oldestAge(nowNanos);
    long bytes = untimed.meanBytes(untimed.size());
    for (int i = 0; i < timed.count(); i++) {
      oldest = Math.max(oldest, nowNanos - timed.at(i).arrivalNanos());
      bytes += timed.at(i).bytes();
    }
    long wait = maxDelayNanos - oldest;
    if (timed.count() > 0) {
      R first = timed.at(0);
      long given = first.deadlineNanos() - first.arrivalNanos();
      // One row more, as one more is what waiting is for; half the time where a run's is unknown.
      int rows = Math.min(size() + 1, maxBatchSize);
      double needed =
          cost.isKnown()
              ? cost.nanos(rows, bytes + bytes / size(), PLAN) + Math.min(given / 8, SLACK_NANOS)
              : given / 2.0;
      wait = Math.min(wait, (long) (first.deadlineNanos() - nowNanos - needed));
    }
    return Math.max(0, wait);
  }

  // ---- deadlines ----

  private void takeTimed(long nowNanos, List<R> batch) {
    planner.load(timed, nowNanos, usualNanos);
    for (int i = 0; i == 0 || (i < PLANS.length && planner.rows() == 0); i++) {
      planner.plan(PLANS[i]);
    }
    if (planner.rows() == 0) {
      planner.tryLast(); // no plan meets it; its run corrects the prediction
    }
    reason = planner.isLosing() ? DispatchReason.DEADLINE : DispatchReason.IDLE_ENGINE;
    int bestEffort = untimed.isEmpty() ? 0 : bestEffort();
    planner.makeRoom(bestEffort, untimed.meanBytes(bestEffort));
    timed.take(isChosen, batch);
    int taken = untimed.take(bestEffort, batch);
    passedOver = taken > 0 || untimed.size() == 0 ? 0 : passedOver + 1;
  }

  /**
   * How many without a deadline ride along: their share of those waiting, or what room there is, as
   * far as it costs nobody a deadline. After {@value #PATIENCE} runs without, a quarter of a batch
   * whatever it costs: with deadlines alone deciding they might starve.
   */
  private int bestEffort() {
    int cap = Math.min(maxBatchSize, MOST_PLANNED);
    int fair = (int) Math.ceil((double) cap * untimed.size() / size());
    int most = Math.min(untimed.size(), Math.max(fair, cap - planner.rows()));
    if (passedOver >= PATIENCE - 1) {
      return Math.min(most, (cap + 3) / 4);
    }
    int low = 0;
    int high = most;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (planner.allows(middle, untimed.meanBytes(middle))) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
}
