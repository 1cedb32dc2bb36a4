package dev.inproc.inference.internal.rollout;

/**
 * Whether calls fail more often than a rate, by a mixture of Bernoulli likelihood ratios: with a
 * rate at or below it, the evidence ever reaches {@code c} with a probability of at most {@code 1 /
 * c}.
 */
final class ErrorFloor {
  private static final double RATE = 0.001;
  private static final double[] RATES = {0.0015, 0.002, 0.003, 0.005, 0.01, 0.03, 0.1, 0.3, 1};

  private ErrorFloor() {}

  static double evidence(long calls, long errors) {
    double sum = 0;
    for (double rate : RATES) {
      long others = Math.max(0, calls - errors);
      // 0 times the logarithm of 0 is 0 here
      double misses = others == 0 ? 0 : others * (Math.log1p(-rate) - Math.log1p(-RATE));
      sum += Math.exp(errors * Math.log(rate / RATE) + misses);
    }
    return sum / RATES.length;
  }
}
