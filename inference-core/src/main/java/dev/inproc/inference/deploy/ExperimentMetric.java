package dev.inproc.inference.deploy;

import java.time.Duration;
import java.util.Objects;

/**
 * What an experiment measures of a key. A key has one score, over a window of fixed length that
 * begins with the first call that the experiment counts. The score is used once the window has
 * ended, so that an arm with quick outcomes and one with slow outcomes are compared at the same
 * age.
 *
 * @param name what {@link Experiment#record} and results call it
 * @param kind how the score of a key is made
 * @param window from a key's first call until its score is used
 */
public record ExperimentMetric(String name, Kind kind, Duration window) {
  /** How the score of a key is made. */
  public enum Kind {
    /** All values that were recorded in the window, added; 0 without any. Such as revenue. */
    TOTAL,
    /** Whether a 1 was recorded in the window; without any the key counts as 0. */
    SHARE,
    /** The first value that was recorded in the window; a key without one does not count. */
    REPORTED,
    /** Numerators and denominators, each added; the arm's value is the ratio of the sums. */
    RATIO
  }

  /** Checks the window. */
  public ExperimentMetric {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(kind, "kind");
    if (window.isNegative() || window.isZero()) {
      throw new IllegalArgumentException(
          "Metric \"" + name + "\": expected a window above 0, got " + window);
    }
  }

  /**
   * Adds up what is recorded of a key: revenue, minutes, purchases. A key of which nothing is
   * recorded counts as 0.
   */
  public static ExperimentMetric total(String name, Duration window) {
    return new ExperimentMetric(name, Kind.TOTAL, window);
  }

  /**
   * The share of keys of which a 1 is recorded: bought, complained. Only 0 and 1 may be recorded. A
   * key of which nothing is recorded counts as 0. Its test is exact.
   */
  public static ExperimentMetric share(String name, Duration window) {
    return new ExperimentMetric(name, Kind.SHARE, window);
  }

  /**
   * The mean of what is recorded of keys first: a rating, an error against a label. A key of which
   * nothing is recorded does not count, so the arms must have an equal share of such keys: that is
   * tested.
   */
  public static ExperimentMetric reported(String name, Duration window) {
    return new ExperimentMetric(name, Kind.REPORTED, window);
  }

  /** The ratio of two sums that is not one of keys: clicks per view, cost per call. */
  public static ExperimentMetric ratio(String name, Duration window) {
    return new ExperimentMetric(name, Kind.RATIO, window);
  }
}
