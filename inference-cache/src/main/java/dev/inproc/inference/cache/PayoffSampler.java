package dev.inproc.inference.cache;

import dev.inproc.inference.internal.concurrent.Timer;

/**
 * Times a few look-ups and misses, has {@link PayoffEstimator} judge them against what they saved,
 * and turns the {@link CacheCircuitBreaker}. A cache that is always on is not timed.
 */
final class PayoffSampler {
  /** A timing takes eight look-ups, which is below 1 % of so many hits. */
  private static final int HITS_A_TIMING = 1024;

  /** A miss runs the model, beside which two readings of the clock are cheap. */
  private static final int MISSES_A_TIMING = 16;

  /** About two thirds of what a miss costs beside its run come after the run. */
  private static final double AFTER_RUN = 1.5;

  /** And one third comes before it. */
  private static final double BEFORE_RUN = 3;

  private final PayoffEstimator payoff = new PayoffEstimator();
  private final CacheCircuitBreaker breaker;
  private final StatsCounter counts;
  private final Timer timer;
  private final boolean alwaysOn;
  private final Object cache;

  /**
   * Creates one.
   *
   * @param cache what the log is told of
   */
  PayoffSampler(
      CacheCircuitBreaker breaker,
      StatsCounter counts,
      Timer timer,
      boolean alwaysOn,
      Object cache) {
    this.breaker = breaker;
    this.counts = counts;
    this.timer = timer;
    this.alwaysOn = alwaysOn;
    this.cache = cache;
  }

  /** Whether the hit of this number is to be timed. */
  boolean timesHit(long number) {
    return (number & (HITS_A_TIMING - 1)) == 0 && !alwaysOn;
  }

  void hitTook(double nanos) {
    payoff.hitTook(nanos);
    look();
  }

  /** Whether the miss of this number is to be timed. */
  boolean timesMiss(long number) {
    return (number & (MISSES_A_TIMING - 1)) == 0 && !alwaysOn;
  }

  /** Learns what a miss took from its beginning to the start of its run. */
  void missBegan(long startNanos) {
    payoff.missTook((timer.nanoTime() - startNanos) * BEFORE_RUN);
    look();
  }

  /** Learns what a miss took from the end of its run. */
  void missEnded(long endNanos) {
    payoff.missTook((timer.nanoTime() - endNanos) * AFTER_RUN);
    look();
  }

  /** Counts the misses of a list, which are not timed. */
  void missed(int requests) {
    long before = counts.misses.getAndAdd(requests);
    if ((before ^ (before + requests)) >= MISSES_A_TIMING && !alwaysOn) {
      look();
    }
  }

  private void look() {
    switch (payoff.look(counts.hits.hits(), counts.misses.get(), counts.savedNanos())) {
      case PAYS -> breaker.pays(cache);
      case COSTS -> breaker.costs(cache);
      case OPEN -> {}
    }
  }
}
