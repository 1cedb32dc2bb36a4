package dev.inproc.inference.cache.bound;

/**
 * What a similarity cache promises: with a probability of at least {@code 1 - errorProbability}, at
 * every moment, {@code wrong hits <= allowance + maxWrongShare * hits}, and without the allowance
 * once certified.
 *
 * @param maxWrongShare the largest share of wrong hits, between 0 and 1
 * @param errorProbability the probability with which the promise may break, between 0 and 1
 * @param allowance wrong hits that are allowed before the cache has proved anything
 */
public record Promise(double maxWrongShare, double errorProbability, int allowance) {
  /** Checks the values. */
  public Promise {
    checkShare("maxWrongShare", maxWrongShare);
    checkShare("errorProbability", errorProbability);
    if (allowance < 0) {
      throw new IllegalArgumentException("Expected an allowance of at least 0, got " + allowance);
    }
  }

  private static void checkShare(String name, double value) {
    if (!(value > 0 && value < 1)) {
      throw new IllegalArgumentException(
          "Expected " + name + " above 0 and below 1, such as 0.02, got " + value);
    }
  }

  /** Returns the wrong hits that are allowed with so many hits. */
  double allowed(long hits, boolean withAllowance) {
    return (withAllowance ? allowance : 0) + maxWrongShare * hits;
  }
}
