package dev.inproc.inference.internal.experiment;

/**
 * What the scores of one arm come to: keys, their mean, and how sure it is. Not thread-safe.
 *
 * <p>A score is a pair of a numerator N and a denominator D, and the arm's value is the ratio of
 * the means, R = E[N] / E[D]. A plain score has D = 1, so R is its mean. A ratio of sums, such as
 * clicks per view, has keys that differ in D, so its clicks are not independent but its keys are.
 * The ratio is linearized (the delta method): with the residual e = N - R D of a key, which has the
 * mean 0,
 *
 * <pre>
 *   R̂ - R  =  mean(N - R D) / mean(D)  ≈  mean(e) / E[D]
 *   Var(R̂) ≈  Var(e) / (n E[D]²)
 *           =  (Var(N) - 2 R Cov(N, D) + R² Var(D)) / (n E[D]²)
 * </pre>
 *
 * <p>The sums are those of N and D less the first pair, so that scores far from 0 lose no digits.
 */
public final class ScoreMoments {
  private static final double ROUNDING = 1e-12; // of squares, relative to what they are left of

  private long count;
  private double firstN;
  private double firstD;

  /** At [i][j] the sum of n^i d^j, of the shifted n and d. */
  private final double[][] sums = {new double[5], new double[4], new double[3], new double[2], {0}};

  /** Adds the score of a key, whose denominator is 1. */
  public void add(double score) {
    add(score, 1);
  }

  /** Adds the score of a key. */
  public void add(double numerator, double denominator) {
    if (count++ == 0) {
      firstN = numerator;
      firstD = denominator;
    }
    double n = numerator - firstN;
    double d = denominator - firstD;
    double powerOfN = 1;
    for (double[] row : sums) {
      double product = powerOfN;
      for (int j = 0; j < row.length; j++) {
        row[j] += product;
        product *= d;
      }
      powerOfN *= n;
    }
  }

  /** Returns how many keys have a score. */
  public long count() {
    return count;
  }

  /** Returns the ratio of the sums, which is the mean of plain scores; NaN without any. */
  public double value() {
    return meanNumerator() / meanDenominator();
  }

  private double meanNumerator() {
    return firstN + sums[1][0] / count;
  }

  /** Returns the mean denominator: 1 of plain scores. */
  public double meanDenominator() {
    return firstD + sums[0][1] / count;
  }

  /** Returns E[(n - R d)^power], of the shifted n and d. */
  private double shifted(int power, double ratio) {
    double sum = 0;
    double binomial = 1;
    double factor = 1;
    for (int j = 0; j <= power; j++) { // j factors of -R d
      sum += binomial * factor * sums[power - j][j];
      binomial = binomial * (power - j) / (j + 1);
      factor *= -ratio;
    }
    return sum / count;
  }

  /** Returns by how much the residuals of the shifted pairs are too small. */
  private double shift(double ratio) {
    return firstN - ratio * firstD;
  }

  /** Returns the mean of the squared residuals; 0 if all of them are 0 but for rounding. */
  private double meanSquare() {
    double ratio = value();
    double k = shift(ratio);
    double square = shifted(2, ratio);
    double rest = square - k * k; // the shifted residuals have the mean -k
    double size = (sums[2][0] + ratio * ratio * sums[0][2]) / count + k * k;
    double digits = ROUNDING * (firstN * firstN + ratio * ratio * firstD * firstD);
    return rest <= ROUNDING * (size + digits) ? 0 : rest;
  }

  /**
   * Returns the variance of one key's share in {@link #value}: that of the value is 1/count of it.
   */
  public double variance() {
    double scale = meanDenominator();
    return meanSquare() / (scale * scale) * count / (count - 1.0);
  }

  /**
   * Returns how many keys carry the variance: the square of the sum of squared residuals over the
   * sum of their fourth powers. If few keys differ from the others, as at rare events, it is about
   * the number of these; if one key dominates, it is near 1; 0 if the scores are constant.
   */
  public double events() {
    double square = meanSquare();
    if (square == 0) {
      return 0;
    }
    double ratio = value();
    double k = shift(ratio);
    double fourth =
        shifted(4, ratio)
            + 4 * k * shifted(3, ratio)
            + 6 * k * k * shifted(2, ratio)
            - 3 * k * k * k * k;
    return count * square * square / Math.max(fourth, square * square);
  }
}
