package dev.inproc.inference.cache.bound;

/**
 * Bounds the number of wrong hits by the audits that found wrong candidates. Immutable.
 *
 * <p>A wrong candidate is audited with its probability {@code p}, else it becomes a wrong hit. With
 * {@code c = -ln((1 - (1 - p) e^lambda) / p)}
 *
 * <pre>(1 - p) e^lambda + p e^-c = 1</pre>
 *
 * <p>so {@code exp(lambda * wrong hits - sum of c over audited wrong)} is a martingale for each
 * {@code lambda < -ln(1 - p)}, and so is a mixture of them. A martingale that starts at 1 ever
 * reaches {@code 1 / alpha} with a probability of at most {@code alpha} (Ville). So the wrong hits
 * stay at or below the largest number with which the mixture is below {@code 1 / alpha}.
 *
 * <p>A large {@code lambda} gives the tighter bound while few wrong candidates were found, a small
 * one later. A component is out once a candidate had too low a {@code p} for it: its weight is
 * lost, which only loosens the bound. {@code docs/similarity-proof.md} has the proof.
 */
final class WrongHitMixture {
  private static final double[] LAMBDAS = {0.03, 0.06, 0.1, 0.15, 0.2, 0.28, 0.42, 0.7};
  private static final double[] WEIGHTS = {0.04, 0.08, 0.2, 0.27, 0.2, 0.1, 0.06, 0.05};

  /** {@code COSTS[rate][component]}; infinite where the component is out. */
  private static final double[][] COSTS = costs();

  private static final int MOST_STEPS = 20;
  private static final double PRECISION = 1e-3;

  /** Covers rounding. */
  private static final double ROUNDING = 1e-9;

  private final double logThreshold;

  /** Creates the bound that breaks with a probability of at most this. */
  WrongHitMixture(double errorProbability) {
    logThreshold = ROUNDING - Math.log(errorProbability);
  }

  private static double[][] costs() {
    double[][] costs = new double[AuditRates.COUNT][LAMBDAS.length];
    for (int rate = 0; rate < AuditRates.COUNT; rate++) {
      for (int j = 0; j < LAMBDAS.length; j++) {
        costs[rate][j] = cost(AuditRates.at(rate), LAMBDAS[j]);
      }
    }
    return costs;
  }

  /** Returns {@code c}; infinity if lambda is too large for the probability. */
  static double cost(double p, double lambda) {
    double left = 1 - (1 - p) * Math.exp(lambda);
    return left <= 0 ? Double.POSITIVE_INFINITY : -Math.log(left / p);
  }

  static double lambda(int component) {
    return LAMBDAS[component];
  }

  static int components() {
    return LAMBDAS.length;
  }

  static double weight(int component) {
    return WEIGHTS[component];
  }

  /**
   * Returns the most wrong hits.
   *
   * @param wrong the candidates that count as audited wrong, by rate
   * @param lowestRate the lowest rate of any candidate so far
   */
  int bound(int[] wrong, int lowestRate) {
    double[] logs = new double[LAMBDAS.length];
    for (int j = 0; j < logs.length; j++) {
      double log = COSTS[lowestRate][j] == Double.POSITIVE_INFINITY ? -1e300 : 0;
      for (int rate = lowestRate; rate < wrong.length; rate++) {
        if (wrong[rate] > 0) {
          log -= wrong[rate] * COSTS[rate][j];
        }
      }
      logs[j] = log;
    }
    return (int) Math.floor(largest(logs));
  }

  /**
   * Returns the number of wrong hits at which the mixture reaches the threshold, or somewhat more.
   * Its logarithm is convex, so Newton's method comes down to the number from above.
   */
  private double largest(double[] logs) {
    // Where the first component alone reaches the threshold, the mixture is above it.
    double wrongHits = Double.POSITIVE_INFINITY;
    for (int j = 0; j < logs.length; j++) {
      double alone = (logThreshold - Math.log(WEIGHTS[j]) - logs[j]) / LAMBDAS[j];
      wrongHits = Math.min(wrongHits, alone);
    }
    for (int i = 0; i < MOST_STEPS; i++) {
      double sum = 0;
      double slope = 0;
      for (int j = 0; j < logs.length; j++) {
        double term = WEIGHTS[j] * Math.exp(LAMBDAS[j] * wrongHits + logs[j] - logThreshold);
        sum += term;
        slope += LAMBDAS[j] * term;
      }
      double step = Math.log(sum) * sum / slope;
      wrongHits -= step;
      if (step < PRECISION) {
        break;
      }
    }
    return wrongHits;
  }
}
