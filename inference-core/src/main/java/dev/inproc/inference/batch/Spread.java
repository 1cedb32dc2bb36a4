package dev.inproc.inference.batch;

import dev.inproc.inference.metrics.Distribution;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.AtomicHistogram;

/**
 * A histogram with its exact maximum. A histogram keeps values in buckets of about one per cent and
 * reports the upper end of a bucket, which may lie above every value recorded. Thread-safe.
 */
final class Spread {
  private static final int DIGITS = 2;

  private final AtomicHistogram histogram;
  private final AtomicLong largest = new AtomicLong();

  Spread(long highest) {
    histogram = new AtomicHistogram(highest, DIGITS);
  }

  /** Records a value this many times. */
  void record(long value, long times) {
    // The maximum first: whatever a snapshot finds in the histogram is at most the maximum.
    if (value > largest.get()) {
      largest.accumulateAndGet(value, Math::max);
    }
    histogram.recordValueWithCount(value, times);
  }

  /** Returns the values recorded so far, each multiplied by the factor. */
  Distribution distribution(double factor) {
    AtomicHistogram copy = histogram.copy();
    if (copy.getTotalCount() == 0) {
      return Distribution.EMPTY;
    }
    long max = largest.get();
    return new Distribution(
            copy.getTotalCount(),
            Math.min((double) max, copy.getMean()),
            Math.min(max, copy.getValueAtPercentile(50)),
            Math.min(max, copy.getValueAtPercentile(95)),
            Math.min(max, copy.getValueAtPercentile(99)),
            Math.min(max, copy.getValueAtPercentile(99.9)),
            max)
        .times(factor);
  }
}
