package dev.inproc.inference.batch;

import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What runs next on an engine that is idle. A pure function of the requests that wait, of the time
 * it is given and of what runs cost, so that it also runs in virtual time. Used by one thread at a
 * time.
 *
 * @param <R> the requests
 */
final class BatchPolicy<R extends QueuedRequest> {
  /** The quantile of run time that plans are made on. */
  static final double PLAN = 0.9;

  /** The 10th percentile of run time: the optimistic estimate before a deadline is rejected. */
  static final double LUCK = 0.1;

  private static final double[] PLANS = {PLAN, 0.5, LUCK};
  private static final int LOOK_AHEAD = 8;
  private static final int MOST_PLANNED = 4_096; // requests with a deadline in one run
  private static final int PATIENCE = 8;
  private static final int LONE = 2;
  private static final int USUAL = 64;
  private static final int RUNS_PER_TRY = 8;

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
  private final ArrivalRate arrivalRate = new ArrivalRate(); // of requests with a deadline
  private double usualNanos; // from arrival to deadline, a fading mean
  private int runsSinceTry = RUNS_PER_TRY; // of a request that seemed hopeless
  private int passedOver; // runs in a row without any of the untimed requests that waited
  private boolean draining;
  private boolean delayed; // the next batch has waited for more requests
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
      arrivalRate.arrived();
      double given = request.deadlineNanos() - request.arrivalNanos();
      usualNanos += usualNanos == 0 ? given : (given - usualNanos) / USUAL;
    }
  }

  /** The number of waiting requests; withdrawn requests may still be counted. */
  int size() {
    return untimed.size() + timed.size();
  }

  /** Forgets withdrawn requests. */
  void purge() {
    untimed.purge();
    timed.purge();
  }

  /** No request will come any more: from now on {@link #select} waits for none. */
  void drain() {
    draining = true;
  }

  /** Takes every request out. */
  void removeAll(List<R> all) {
    untimed.take(untimed.size(), all);
    timed.removeAll(all);
  }

  /**
   * Takes out a request of the lowest class below this: the newest, or with the latest deadline.
   * Returns null if none may be refused.
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
   * @param unmeetable gets the requests that no plan can meet, to be refused now
   * @return 0 if the batch is to be run now; else nanoseconds after which to ask again, unless a
   *     request comes before; {@link Long#MAX_VALUE} if no request waits
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
    runsSinceTry = Math.min(runsSinceTry + 1, RUNS_PER_TRY);
    consecutiveSingles = batch.size() == 1 ? Math.min(consecutiveSingles + 1, LONE) : 0;
    return 0;
  }

  /**
   * Takes out the requests that cannot be met. A prediction may be wrong, and only runs correct it:
   * where nothing else waits, the request with the most time left is tried. A try that is lost
   * keeps the engine from the requests that come next. So one run in {@value #RUNS_PER_TRY} is a
   * try, more only where no run has begun for the usual time to a deadline.
   */
  private void refresh(long nowNanos, List<R> unmeetable) {
    int from = unmeetable.size();
    timed.refresh(nowNanos, cost, LUCK, unmeetable);
    if (timed.count() == 0 && unmeetable.size() > from && untimed.isEmpty()) {
      R last = unmeetable.get(unmeetable.size() - 1);
      if (last.deadlineNanos() - nowNanos > 0
          && (runsSinceTry >= RUNS_PER_TRY || !arrivalRate.hasChosenWithin(usualNanos, nowNanos))) {
        runsSinceTry = 0;
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
      return 0; // no other request is to be expected
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
      // One row more, since waiting is for one more; half the time if the cost of a run is unknown.
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
    arrivalRate.choosing(nowNanos, usualNanos);
    planner.load(timed, nowNanos, usualNanos, arrivalRate.gapNanos());
    for (int i = 0; i == 0 || (i < PLANS.length && planner.rows() == 0); i++) {
      planner.plan(PLANS[i]);
    }
    if (planner.rows() == 0) {
      planner.tryLast(); // no plan meets it; its run corrects the prediction
    }
    reason = planner.isLosing() ? DispatchReason.DEADLINE : DispatchReason.IDLE_ENGINE;
    int bestEffort = untimed.isEmpty() ? 0 : bestEffort();
    planner.makeRoom(bestEffort, untimed.meanBytes(bestEffort));
    arrivalRate.chosen(planner.runNanos());
    timed.take(isChosen, batch);
    int taken = untimed.take(bestEffort, batch);
    passedOver = taken > 0 || untimed.size() == 0 ? 0 : passedOver + 1;
  }

  /**
   * How many requests without a deadline ride along: their share of all that wait, or the room that
   * is left, as far as no request misses a deadline for it. After {@value #PATIENCE} runs without
   * any, a quarter of a batch whatever it costs: if deadlines alone decided, they might starve.
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
