package dev.inproc.inference.cache.bound;

/**
 * The probabilities with which candidates are audited. They are few, so that a {@link Tally} can
 * count audits by rate and its bound is a function of whole numbers.
 */
final class AuditRates {
  /** Ascending. */
  private static final double[] RATES = {
    0.05, 0.07, 0.1, 0.14, 0.2, 0.28, 0.38, 0.5, 0.65, 0.8, 0.9, 0.96, 0.985, 0.995
  };

  /** The rate of {@link HitGuarantee}'s margin: 0.5. */
  static final int HALF = 7;

  static final int COUNT = RATES.length;

  /** The ratio of most rates to the one below. */
  private static final double STEP = 1.4;

  private AuditRates() {}

  /** Returns the rate of an index, from the lowest on. */
  static double at(int rate) {
    return RATES[rate];
  }

  /** Returns how many rates up a factor is, rounded; negative for a factor below 1. */
  static int steps(double factor) {
    return (int) Math.round(Math.log(factor) / Math.log(STEP));
  }
}
