package dev.inproc.inference.internal.experiment;

import java.util.Arrays;
import java.util.Locale;

/**
 * Tests, after each key, whether arms get the shares of keys that they ought to: the multinomial
 * martingale of {@link CountMartingale}. What it has refuted once stays refuted. Not thread-safe.
 */
public final class SampleRatioTest {
  /** Finds shares that are off by about 1/100 with the fewest keys; grosser faults at once. */
  private static final double CONCENTRATION = 10_000;

  private final double[] shares;
  private final CountMartingale counts;
  private final double limit;
  private final double[] logShares;
  private double logLikelihood; // of the counts, by the shares
  private double most; // of the logarithm of the evidence

  /**
   * Creates one without keys.
   *
   * @param weights of the arms, in any unit
   * @param alpha the chance that right shares are ever refuted
   */
  public SampleRatioTest(double[] weights, double alpha) {
    double sum = Arrays.stream(weights).sum();
    shares = Arrays.stream(weights).map(weight -> weight / sum).toArray();
    counts = new CountMartingale(shares, CONCENTRATION);
    logShares = Arrays.stream(shares).map(Math::log).toArray();
    limit = -Math.log(alpha);
  }

  /** Counts a key of an arm. */
  public void add(int arm) {
    counts.add(arm);
    logLikelihood += logShares[arm];
    most = Math.max(most, counts.logLikelihood() - logLikelihood);
  }

  /** Returns how many keys of an arm were counted. */
  public long count(int arm) {
    return counts.count(arm);
  }

  /** Returns whether the counts have ever refuted the shares. */
  public boolean isMismatch() {
    return most >= limit;
  }

  /** Returns the counts and the largest evidence that there was, in words. */
  public String words() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < shares.length; i++) {
      text.append(i == 0 ? "" : " : ").append(counts.count(i));
    }
    text.append(" keys where the weights promise ");
    for (int i = 0; i < shares.length; i++) {
      text.append(i == 0 ? "" : " : ");
      text.append(String.format(Locale.ROOT, "%.0f", shares[i] * counts.total()));
    }
    return text
        + String.format(Locale.ROOT, " (evidence %.3g of %.3g)", Math.exp(most), Math.exp(limit));
  }
}
