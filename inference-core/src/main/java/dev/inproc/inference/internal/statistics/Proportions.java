package dev.inproc.inference.internal.statistics;

/** What a share that was counted says of the true one. */
public final class Proportions {
  private static final double Z_95 = 1.959964; // of the normal distribution, two-sided

  private Proportions() {}

  /**
   * Returns the lower end of the 95 % confidence interval of a share: Wilson's score interval
   * (1927), which holds for shares near 1 too.
   *
   * @param trials above 0
   */
  public static double lowerBound(long successes, long trials) {
    double share = (double) successes / trials;
    double z = Z_95 * Z_95 / trials;
    double centre = share + z / 2;
    double spread = Z_95 * Math.sqrt((share * (1 - share) + z / 4) / trials);
    return Math.max(0, (centre - spread) / (1 + z));
  }
}
