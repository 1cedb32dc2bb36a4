package dev.inproc.inference.internal.experiment;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The difference of two arms' values with the interval in which it is, or why there is none.
 *
 * <p>Each key is in the arm with a chance π, by a coin of its own. With Y the score of a key and m1
 * and m0 the running means of arm and control, the mean of
 *
 * <pre>  φ = A/π (Y - m1) - (1-A)/(1-π) (Y - m0) + m1 - m0  </pre>
 *
 * <p>over all keys so far (A is 1 in the arm, else 0) is m1 - m0, since the residuals of an arm add
 * to 0; its variance is that of the two kinds of residuals, Var(e1)/π + Var(e0)/(1-π). What is
 * known of π is better replaced by the counted share. For ratios, e is linearized: see {@link
 * ScoreMoments}.
 *
 * <p>The interval is asymptotic. It is refused while the scores are far from normal: below {@link
 * #LEAST_KEYS} keys in an arm, and while fewer than {@link #LEAST_EVENTS} keys of an arm carry its
 * variance ({@link ScoreMoments#events}). For a rate of p that means so many successes; with heavy
 * tails it means as many keys as no few of them dominate.
 *
 * @param difference the arm's value less the control's
 * @param radius the half width of the interval
 * @param refusal why there is no interval; null if there is
 */
public record Comparison(double difference, double radius, @Nullable String refusal) {
  /** How many keys an arm must have. */
  public static final long LEAST_KEYS = 200;

  /** How many keys must carry the variance of an arm. */
  public static final double LEAST_EVENTS = 100;

  /**
   * Compares an arm with the control arm.
   *
   * @param alpha the chance that the interval ever misses the difference
   * @param expected at how many keys, of both arms, the interval is to be narrow
   */
  public static Comparison of(
      ScoreMoments control, ScoreMoments arm, double alpha, double expected) {
    double difference = arm.value() - control.value();
    String refusal = refusal("the control arm", control);
    refusal = refusal == null ? refusal("the arm", arm) : refusal;
    if (refusal != null) {
      return new Comparison(difference, Double.NaN, refusal);
    }
    double t = control.count() + (double) arm.count();
    double variance = t * (arm.variance() / arm.count() + control.variance() / control.count());
    double radius = ConfidenceSequence.radius(variance, t, alpha, expected);
    return Double.isFinite(difference) && Double.isFinite(radius)
        ? new Comparison(difference, radius, null)
        : new Comparison(difference, Double.NaN, "the scores are too large to add");
  }

  private static @Nullable String refusal(String arm, ScoreMoments moments) {
    if (moments.count() < LEAST_KEYS) {
      return arm + " has " + moments.count() + " keys with a score, fewer than " + LEAST_KEYS;
    }
    double events = moments.events();
    if (events == 0) {
      return arm + " has a constant score";
    }
    if (!(events >= LEAST_EVENTS)) {
      return String.format(
          Locale.ROOT,
          "the scores of %s are carried by too few keys: as by %.0f, and %.0f are needed",
          arm,
          events,
          LEAST_EVENTS);
    }
    return null;
  }

  /** Returns whether there is an interval that does not contain a difference. */
  public boolean excludes(double value) {
    return refusal == null && Math.abs(value - difference) > radius;
  }
}
