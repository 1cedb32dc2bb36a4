package dev.inproc.inference.internal.experiment;

/**
 * Evidence against stated shares of several classes, from counts that grow: Lindon and Malek,
 * "Anytime-valid inference for multinomial count data" (arXiv 2011.03567). Not thread-safe.
 *
 * <p>Each thing that is counted belongs to class i with the chance p_i. The evidence is how much
 * likelier the counts are under Dirichlet mixtures around expected shares than under p. Under p it
 * is a martingale that begins at 1, so it ever reaches 1/α with a chance of at most α (Ville),
 * exactly, however often and whenever it is read.
 */
public final class CountMartingale {
  private final double[] centre;
  private final double[] concentrations;
  private final double[] logLikelihoods; // of each mixture
  private final long[] counts;
  private long total;

  /**
   * Creates one without counts.
   *
   * @param centre the shares around which the mixtures are
   * @param concentrations how narrow each mixture is: about 1/δ² finds a difference of δ with the
   *     fewest counts
   */
  public CountMartingale(double[] centre, double... concentrations) {
    this.centre = centre.clone();
    this.concentrations = concentrations.clone();
    logLikelihoods = new double[concentrations.length];
    counts = new long[centre.length];
  }

  /** Counts one more of a class. */
  public void add(int index) {
    for (int j = 0; j < concentrations.length; j++) {
      double c = concentrations[j];
      logLikelihoods[j] += Math.log((c * centre[index] + counts[index]) / (c + total));
    }
    counts[index]++;
    total++;
  }

  /** Returns how many of a class were counted. */
  public long count(int index) {
    return counts[index];
  }

  /** Returns how many were counted. */
  public long total() {
    return total;
  }

  /** Returns the logarithm of the likelihood of the counts under the mixtures. */
  double logLikelihood() {
    if (logLikelihoods.length == 1) {
      return logLikelihoods[0];
    }
    double max = Double.NEGATIVE_INFINITY;
    for (double each : logLikelihoods) {
      max = Math.max(max, each);
    }
    double sum = 0;
    for (double each : logLikelihoods) {
      sum += Math.exp(each - max);
    }
    return max + Math.log(sum / logLikelihoods.length);
  }

  /** Returns the logarithm of the evidence against these shares; they are above 0, and add to 1. */
  public double logEvidence(double... shares) {
    double evidence = logLikelihood();
    for (int i = 0; i < shares.length; i++) {
      evidence -= counts[i] == 0 ? 0 : counts[i] * Math.log(shares[i]);
    }
    return evidence;
  }

  /** An interval. */
  public record Interval(double low, double high) {}

  /**
   * Returns the shares of the first of two classes that the evidence does not refute: an interval
   * that misses the true share with a chance of at most alpha, over all times together.
   */
  public Interval share(double alpha) {
    double mean = total == 0 ? 0.5 : (double) counts[0] / total;
    double least = logLikelihood() + Math.log(alpha); // that a share must give the counts
    return new Interval(
        counts[0] == 0 ? 0 : end(0, mean, least), counts[1] == 0 ? 1 : end(1, mean, least));
  }

  /** Returns the end between a share that is refuted and one that is not. */
  private double end(double refuted, double kept, double least) {
    double out = refuted;
    double in = kept;
    while (true) {
      double middle = (out + in) / 2;
      if (middle == out || middle == in) {
        return out; // outwards
      }
      if (counts[0] * Math.log(middle) + counts[1] * Math.log1p(-middle) <= least) {
        out = middle;
      } else {
        in = middle;
      }
    }
  }

  /**
   * Returns the interval of the ratio o of two arms' rates. Of the things that both arms have, the
   * first arm has the share q = πo / (πo + 1 - π), where π is the share of keys in it, whatever the
   * rate of both is and however it changes. So the ratio's interval is that of q, solved for o.
   *
   * @param share the share π of keys in the first arm
   */
  public Interval ratio(double share, double alpha) {
    Interval q = share(alpha);
    return new Interval(odds(q.low) / odds(share), odds(q.high) / odds(share));
  }

  private static double odds(double share) {
    return share == 1 ? Double.POSITIVE_INFINITY : share / (1 - share);
  }
}
