package dev.inproc.inference.internal.experiment;

/**
 * Intervals of a mean that hold at all times at once: the asymptotic confidence sequence of
 * Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and
 * asymptotic confidence sequences" (arXiv 2103.06476, theorem 2.2).
 *
 * <p>For a Brownian motion S with variance t, the mixture of exp(λS - λ²t/2) over a normal λ with
 * variance ρ² is the martingale exp(ρ²S² / 2(tρ²+1)) / sqrt(tρ²+1). It begins at 1, so it ever
 * reaches 1/α with a chance of at most α (Ville), and inside of that bound is
 *
 * <pre>  |S|/t  &lt;  sqrt( 2(tρ²+1) / (t²ρ²) · ln( sqrt(tρ²+1) / α ) )  </pre>
 *
 * <p>Sums of independent scores are near a Brownian motion once none of them matters by itself. It
 * is for the caller to see to that: see {@link Comparison}.
 */
public final class ConfidenceSequence {
  private ConfidenceSequence() {}

  /**
   * Returns the half width of the interval of a mean.
   *
   * @param variance that of one score
   * @param t how many scores there are
   * @param alpha the chance that the interval ever misses the mean
   * @param expected at how many scores the interval is to be narrow
   */
  public static double radius(double variance, double t, double alpha, double expected) {
    double twice = -2 * Math.log(alpha);
    double rho = (twice + Math.log1p(twice)) / expected; // ρ²
    double x = t * rho;
    return Math.sqrt(variance * (x + 1) / (t * x) * (Math.log1p(x) + twice));
  }
}
