package dev.inproc.inference.internal.statistics;

/**
 * Adds up how far pairs of vectors are from each other: cosine, largest absolute difference, place
 * of the largest value. Vectors that cannot be compared, of different lengths or empty, are as far
 * apart as can be; so are two whose difference or cosine is no number. Not thread-safe.
 */
public final class VectorAgreement {
  private static final double INFINITELY_FAR = Double.POSITIVE_INFINITY; // as a difference
  private static final double LEAST_ALIKE = Double.NEGATIVE_INFINITY; // as a cosine

  private long count;
  private long agreeing;
  private double cosines;
  private double minCosine = Double.POSITIVE_INFINITY;
  private double maxError;

  /** Adds a pair. */
  public void add(float[] expected, float[] actual) {
    count++;
    if (expected.length != actual.length || expected.length == 0) {
      minCosine = LEAST_ALIKE;
      maxError = INFINITELY_FAR;
      cosines = Double.NaN;
      return;
    }
    double product = 0;
    double a = 0;
    double b = 0;
    for (int i = 0; i < expected.length; i++) {
      product += (double) expected[i] * actual[i];
      a += (double) expected[i] * expected[i];
      b += (double) actual[i] * actual[i];
      double difference = Math.abs((double) expected[i] - actual[i]);
      maxError = Math.max(maxError, Double.isNaN(difference) ? INFINITELY_FAR : difference);
    }
    double cosine = a == 0 && b == 0 ? 1 : product / Math.sqrt(a * b);
    cosines += cosine;
    minCosine = Math.min(minCosine, Double.isNaN(cosine) ? LEAST_ALIKE : cosine);
    agreeing += areLargestAtSamePlace(expected, actual) ? 1 : 0;
  }

  /**
   * Returns whether the largest value of two vectors is at the same place. Vectors of different
   * lengths, empty ones, and ones of which one has a value that is no number do not agree.
   */
  public static boolean areLargestAtSamePlace(float[] expected, float[] actual) {
    int place = largest(actual);
    return expected.length == actual.length && place >= 0 && largest(expected) == place;
  }

  /**
   * Returns whether two vectors are of one length and no two values differ by more than this. Equal
   * infinities do not differ, and a value that is no number differs from all.
   */
  public static boolean areWithin(float[] expected, float[] actual, double tolerance) {
    boolean areClose = expected.length == actual.length;
    for (int i = 0; areClose && i < expected.length; i++) {
      areClose =
          expected[i] == actual[i] || Math.abs((double) expected[i] - actual[i]) <= tolerance;
    }
    return areClose;
  }

  /** Returns the place of the largest value; -1 if one is no number, or there is none. */
  private static int largest(float[] values) {
    int best = values.length == 0 ? -1 : 0;
    for (int i = 0; i < values.length; i++) {
      if (Float.isNaN(values[i])) {
        return -1;
      }
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }

  /** Returns how many pairs were added. */
  public long count() {
    return count;
  }

  /** Returns the least cosine; infinite without a pair, and minus infinity for no number. */
  public double minCosine() {
    return minCosine;
  }

  /** Returns the mean cosine; NaN without a pair, and if one is no number. */
  public double meanCosine() {
    return cosines / count;
  }

  /** Returns the largest absolute difference of two values; infinite if one is no number. */
  public double maxError() {
    return maxError;
  }

  /** Returns the share of pairs whose largest value is at the same place; NaN without a pair. */
  public double agreement() {
    return (double) agreeing / count;
  }

  /** Returns the lower end of the 95 % confidence interval of {@link #agreement}. */
  public double agreementBound() {
    return Proportions.lowerBound(agreeing, count);
  }
}
