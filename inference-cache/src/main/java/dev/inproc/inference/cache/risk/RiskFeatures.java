package dev.inproc.inference.cache.risk;

/**
 * What is known about a request and its nearest cached entries before the model runs: the input of
 * a {@link ServingRule}. Immutable.
 *
 * <p>Distances enter as ratios or logarithms, because embedders differ in the scale of their
 * cosines: a second neighbour twice as far as the first says the same at any scale.
 */
public final class RiskFeatures {
  /** The features that each request has; the user's come after them. */
  static final int OWN = 9;

  /** The farthest that two embeddings of equal texts are apart by rounding and quantization. */
  private static final double FLOOR = 0.002;

  /** Ratios above e³ say nothing more. */
  private static final double MOST = 3;

  /** Moves the logarithm of usual distances (0.02 to 0.3) to about zero. */
  private static final double CENTRE = 2.5;

  private final double[] values;
  private final boolean usable;

  private RiskFeatures(double[] values, boolean usable) {
    this.values = values;
    this.usable = usable;
  }

  /**
   * Returns the features of a request. A number that is not finite makes the request one that is
   * never served and from which nothing is learned.
   *
   * @param similarities cosines of the nearest entries, the nearest first; at least one
   * @param agrees whether each of these entries has the nearest entry's answer; the first is the
   *     nearest itself
   * @param confirmed how often the nearest entry's answer was found right for another request
   * @param contradicted how often it was found wrong
   * @param own the user's risk features; each request of a rule has the same number of them
   */
  public static RiskFeatures of(
      double[] similarities, boolean[] agrees, long confirmed, long contradicted, double... own) {
    if (similarities.length == 0 || similarities.length != agrees.length) {
      throw new IllegalArgumentException(
          "Expected a similarity and an agreement for each neighbour, at least one; got "
              + similarities.length
              + " and "
              + agrees.length);
    }
    double[] x = new double[OWN + own.length];
    double nearest = distance(similarities[0]);
    double with = 0;
    double against = 0;
    double gap = Double.NaN;
    for (int i = 1; i < similarities.length; i++) {
      double ratio = nearest / distance(similarities[i]);
      if (agrees[i]) {
        with += ratio * ratio; // a neighbour twice as far counts for a quarter
      } else {
        against += ratio * ratio;
        gap = Double.isNaN(gap) ? -Math.log(ratio) : gap;
      }
    }
    double density = -Math.log(nearest / distance(similarities[similarities.length - 1]));
    x[0] = 1;
    x[1] = Math.log(nearest) + CENTRE;
    x[2] = nearest;
    x[3] = Math.min(MOST, Double.isNaN(gap) ? density : gap);
    x[4] = Math.log1p(with);
    x[5] = Math.log1p(against);
    x[6] = Math.min(MOST, density);
    x[7] = Math.log1p((double) Math.max(0, confirmed));
    x[8] = Math.log1p((double) Math.max(0, contradicted));
    for (int i = 0; i < own.length; i++) {
      x[OWN + i] = squash(own[i]);
    }
    return new RiskFeatures(x, allFinite(x));
  }

  private static double distance(double similarity) {
    return Math.max(0, 1 - similarity) + FLOOR; // NaN stays NaN
  }

  /** Returns the inverse hyperbolic sine: linear near zero, a logarithm for large numbers. */
  private static double squash(double x) {
    double size = Math.abs(x);
    return Math.copySign(Math.log(size + Math.sqrt(size * size + 1)), x);
  }

  private static boolean allFinite(double[] x) {
    double sum = 0;
    for (double each : x) {
      sum += each * 0; // NaN from each number that is not finite
    }
    return sum == 0;
  }

  /** Returns whether all numbers are finite. */
  boolean usable() {
    return usable;
  }

  /** Returns the features themselves, not a copy. */
  double[] values() {
    return values;
  }
}
