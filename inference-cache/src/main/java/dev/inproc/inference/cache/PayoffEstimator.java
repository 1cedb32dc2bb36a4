package dev.inproc.inference.cache;

/**
 * Judges whether a cache pays: over a window of look-ups, the model's time that hits saved against
 * the time that looking up and keeping took. The latter is learned from a few calls that are timed;
 * a pause of the machine moves it by a bounded step. Thread-safe.
 */
final class PayoffEstimator {
  /** Look-ups in a window: enough for four timed hits. */
  static final int WINDOW = 4096;

  /** The weight of a sample in the average: about the last ten samples count. */
  private static final double WEIGHT = 0.1;

  /** A sample counts as at most so many times the average, so a pause moves it by 30 %. */
  private static final double LEAP = 4;

  private double hitNanos;
  private double missNanos;
  private long hitsThen;
  private long missesThen;
  private long savedThen;

  /** What a window told. */
  enum Verdict {
    /** Not over yet. */
    OPEN,
    /** The cache saves more than it costs. */
    PAYS,
    /** It costs more. */
    COSTS
  }

  synchronized void hitTook(double nanos) {
    hitNanos = learn(hitNanos, nanos);
  }

  synchronized void missTook(double nanos) {
    missNanos = learn(missNanos, nanos);
  }

  private static double learn(double known, double nanos) {
    double sample = Math.max(1, nanos);
    return known == 0 ? sample : known + WEIGHT * (Math.min(sample, LEAP * known) - known);
  }

  /** Looks at the sums so far; ends the window if it is full. */
  synchronized Verdict look(long hits, long misses, long savedNanos) {
    long newHits = hits - hitsThen;
    long newMisses = misses - missesThen;
    if (newHits + newMisses < WINDOW) {
      return Verdict.OPEN;
    }
    double spent = newHits * hitNanos + newMisses * missNanos;
    double saved = savedNanos - savedThen;
    restart(hits, misses, savedNanos);
    return saved >= spent ? Verdict.PAYS : Verdict.COSTS;
  }

  synchronized void restart(long hits, long misses, long savedNanos) {
    hitsThen = hits;
    missesThen = misses;
    savedThen = savedNanos;
  }
}
