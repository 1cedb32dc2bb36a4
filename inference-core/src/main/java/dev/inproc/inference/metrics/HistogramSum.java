package dev.inproc.inference.metrics;

import org.jspecify.annotations.Nullable;

/** Adds up histograms, for a snapshot of many recorders. One thread. */
final class HistogramSum {
  private final long[] @Nullable [] octaves = new long[Histogram.OCTAVES][];
  private long sum;
  private long max;

  /** Returns the counts of an octave, to be added to. */
  long[] octave(int octave) {
    long[] counts = octaves[octave];
    if (counts == null) {
      counts = new long[Histogram.BUCKETS_PER_OCTAVE];
      octaves[octave] = counts;
    }
    return counts;
  }

  void add(long moreSum, long otherMax) {
    sum += moreSum;
    max = Math.max(max, otherMax);
  }

  void add(HistogramSum other) {
    for (int octave = 0; octave < Histogram.OCTAVES; octave++) {
      long[] counts = other.octaves[octave];
      for (int i = 0; counts != null && i < Histogram.BUCKETS_PER_OCTAVE; i++) {
        octave(octave)[i] += counts[i];
      }
    }
    add(other.sum, other.max);
  }

  Histogram histogram() {
    return new Histogram(octaves, sum, max);
  }
}
