package dev.inproc.inference.metrics;

import java.util.Locale;

/**
 * How some figure is spread: a snapshot, in the unit that its owner states, exact to about one per
 * cent. All zero if nothing was recorded.
 *
 * @param count how many values were recorded
 * @param mean their mean
 * @param p50 the median
 * @param p95 what 95 % do not exceed
 * @param p99 what 99 % do not exceed
 * @param p999 what 99.9 % do not exceed
 * @param max the largest
 */
public record Distribution(
    long count, double mean, double p50, double p95, double p99, double p999, double max) {
  /** Returns this with every value multiplied, for another unit. */
  public Distribution times(double factor) {
    return new Distribution(
        count,
        mean * factor,
        p50 * factor,
        p95 * factor,
        p99 * factor,
        p999 * factor,
        max * factor);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%d: mean %.1f, p50 %.1f, p95 %.1f, p99 %.1f, p99.9 %.1f, max %.1f",
        count,
        mean,
        p50,
        p95,
        p99,
        p999,
        max);
  }
}
