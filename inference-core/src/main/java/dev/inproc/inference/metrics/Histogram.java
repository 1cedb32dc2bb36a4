package dev.inproc.inference.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Values and how often each was recorded: an immutable snapshot. Histograms of the same unit can be
 * merged: the result is what one histogram would hold that had recorded all values.
 *
 * <p>Buckets are log-linear, as in HdrHistogram: {@value #BUCKETS_PER_OCTAVE} equal ones between a
 * power of two and the next, so that a value is known to 0.8 %. Values below {@value
 * #BUCKETS_PER_OCTAVE} are exact. Values from 0 to {@link #MAX_VALUE} are recorded; larger ones
 * count as that. The mean and the largest value are exact.
 */
public final class Histogram {
  /** Buckets between a power of two and the next. */
  static final int BUCKETS_PER_OCTAVE = 64;

  private static final int OCTAVE_BITS = 6;
  private static final int VALUE_BITS = 42;

  /** The number of octaves; the first holds the values below {@link #BUCKETS_PER_OCTAVE}. */
  static final int OCTAVES = VALUE_BITS - OCTAVE_BITS + 1;

  /** The largest value that is told apart: in nanoseconds, 73 minutes. */
  public static final long MAX_VALUE = (1L << VALUE_BITS) - 1;

  /** Nothing recorded. */
  public static final Histogram EMPTY = new Histogram(new long[OCTAVES][], 0, 0);

  private final long[] @Nullable [] octaves;
  private final long count;
  private final long sum;
  private final long max;

  /** Takes the counts over. */
  Histogram(long[] @Nullable [] octaves, long sum, long max) {
    this.octaves = octaves;
    long all = 0;
    for (long[] counts : octaves) {
      for (int i = 0; counts != null && i < BUCKETS_PER_OCTAVE; i++) {
        all += counts[i];
      }
    }
    this.count = all;
    this.sum = sum;
    this.max = all == 0 ? 0 : max;
  }

  // ---- where a value is counted ----

  static int octaveOf(long value) {
    return value < BUCKETS_PER_OCTAVE
        ? 0
        : Long.SIZE - OCTAVE_BITS - Long.numberOfLeadingZeros(value);
  }

  static int bucketOf(long value, int octave) {
    return (int) (octave == 0 ? value : value >>> (octave - 1)) & (BUCKETS_PER_OCTAVE - 1);
  }

  private static long lowest(int octave, int bucket) {
    return octave == 0 ? bucket : (long) (BUCKETS_PER_OCTAVE + bucket) << (octave - 1);
  }

  private static long width(int octave) {
    return octave == 0 ? 1 : 1L << (octave - 1);
  }

  /** Returns the counts of an octave, not to be written; null if it is empty. */
  long @Nullable [] octave(int octave) {
    return octaves[octave];
  }

  // ---- combining ----

  /** Returns what one histogram would hold that had recorded the values of both. */
  public Histogram merge(Histogram other) {
    Objects.requireNonNull(other, "other");
    return combine(other, 1, Math.max(max, other.max));
  }

  /**
   * Returns what was recorded between an earlier snapshot of the same histogram and this one. Its
   * largest value is that of its bucket, since the exact one may be older.
   */
  Histogram since(Histogram earlier) {
    Histogram rest = combine(earlier, -1, max);
    return new Histogram(rest.octaves, rest.sum, Math.min(max, rest.highestBucket()));
  }

  private Histogram combine(Histogram other, int sign, long newMax) {
    long[][] all = new long[OCTAVES][];
    for (int octave = 0; octave < OCTAVES; octave++) {
      long[] one = octaves[octave];
      long[] two = other.octaves[octave];
      if (one != null || two != null) {
        all[octave] = new long[BUCKETS_PER_OCTAVE];
      }
      for (int i = 0; i < BUCKETS_PER_OCTAVE && all[octave] != null; i++) {
        all[octave][i] = (one == null ? 0 : one[i]) + (two == null ? 0 : sign * two[i]);
      }
    }
    return new Histogram(all, sum + sign * other.sum, newMax);
  }

  private long highestBucket() {
    for (int octave = OCTAVES - 1; octave >= 0; octave--) {
      long[] counts = octaves[octave];
      for (int i = BUCKETS_PER_OCTAVE - 1; counts != null && i >= 0; i--) {
        if (counts[i] != 0) {
          return lowest(octave, i) + width(octave) - 1;
        }
      }
    }
    return 0;
  }

  // ---- reading ----

  /** Returns how many values were recorded. */
  public long count() {
    return count;
  }

  /** Returns the sum of the values. */
  public long sum() {
    return sum;
  }

  /** Returns the mean of the values, or 0 if there are none. */
  public double mean() {
    return count == 0 ? 0 : (double) sum / count;
  }

  /** Returns the largest value, or 0 if there is none. */
  public long max() {
    return max;
  }

  /**
   * Returns the least value that at least this share of the values does not exceed, to 0.8 %; 0 if
   * there are none.
   *
   * @param share from 0 to 1: 0.99 for the 99th percentile
   */
  public double quantile(double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("Expected a share from 0 to 1, got " + share);
    }
    long rank = Math.max(1, (long) Math.ceil(share * count));
    long seen = 0;
    for (int octave = 0; octave < OCTAVES; octave++) {
      long[] counts = octaves[octave];
      for (int i = 0; counts != null && i < BUCKETS_PER_OCTAVE; i++) {
        seen += counts[i];
        if (seen >= rank) {
          double middle = lowest(octave, i) + (width(octave) - 1) / 2.0;
          return Math.min(middle, (double) max);
        }
      }
    }
    return max;
  }

  /** Returns the usual percentiles, each value multiplied by a factor, for another unit. */
  public Distribution distribution(double factor) {
    return new Distribution(
            count, mean(), quantile(0.5), quantile(0.95), quantile(0.99), quantile(0.999), max)
        .times(factor);
  }

  /**
   * How often values in a range occurred.
   *
   * @param from the least value of the range
   * @param to the largest value of the range
   * @param count how often values in the range occurred
   */
  public record Bucket(long from, long to, long count) {}

  /** Returns the ranges that hold values, in ascending order; both ends belong to a range. */
  public List<Bucket> buckets() {
    List<Bucket> all = new ArrayList<>();
    for (int octave = 0; octave < OCTAVES; octave++) {
      long[] counts = octaves[octave];
      for (int i = 0; counts != null && i < BUCKETS_PER_OCTAVE; i++) {
        if (counts[i] != 0) {
          long from = lowest(octave, i);
          all.add(new Bucket(from, from + width(octave) - 1, counts[i]));
        }
      }
    }
    return all;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Histogram that
        && sum == that.sum
        && max == that.max
        && buckets().equals(that.buckets());
  }

  @Override
  public int hashCode() {
    return Objects.hash(sum, max, buckets());
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%d: mean %.0f, p50 %.0f, p95 %.0f, p99 %.0f, max %d",
        count,
        mean(),
        quantile(0.5),
        quantile(0.95),
        quantile(0.99),
        max);
  }
}
