package dev.inproc.inference.monitoring;

import dev.inproc.inference.metrics.Histogram;
import java.util.ArrayList;
import java.util.List;

/** Merges the buckets of a histogram to the bars of a chart with a logarithmic axis. */
final class HistogramBars {
  private static final double BUCKET_RATIO = 1 + 1.0 / 64; // a bar is no narrower than a bucket

  private HistogramBars() {}

  /**
   * A bar of the chart.
   *
   * @param from its least value
   * @param end the least value above it
   * @param count how many values it stands for
   */
  record Bar(long from, long end, long count) {}

  /**
   * Returns bars without gaps, in ascending order, whose counts add up to that of the histogram.
   * Each is about as wide as the others on the axis, and at least 1. A bucket that lies in two bars
   * is shared out between them.
   *
   * @param most how many bars at most; 2 or more
   */
  static List<Bar> of(Histogram histogram, int most) {
    List<Histogram.Bucket> buckets = histogram.buckets();
    List<Bar> bars = new ArrayList<>();
    if (buckets.isEmpty()) {
      return bars;
    }
    long from = buckets.get(0).from();
    long end = buckets.get(buckets.size() - 1).to() + 1;
    long below = 0;
    for (long edge : edges(from, end, most)) {
      long upTo = countBelow(buckets, edge);
      bars.add(new Bar(from, edge, upTo - below));
      from = edge;
      below = upTo;
    }
    return bars;
  }

  /** The ends of the bars. Every end is at least {@code ratio} times the one before it. */
  private static List<Long> edges(long from, long end, int most) {
    List<Long> edges = new ArrayList<>();
    boolean single = end - from <= most; // a bar for each value
    long edge = from;
    if (from == 0) {
      edge = 1; // the logarithm of 0 has no place
      edges.add(edge);
    }
    int bars = most - edges.size();
    double even = Math.pow((double) end / edge, 1.0 / bars) + 1e-9;
    double ratio = Math.max(even, BUCKET_RATIO);
    while (edge < end) {
      edge = single ? edge + 1 : Math.min(end, edge + (long) Math.ceil(edge * (ratio - 1)));
      edges.add(edge);
    }
    return edges;
  }

  private static long countBelow(List<Histogram.Bucket> buckets, long edge) {
    long below = 0;
    for (Histogram.Bucket bucket : buckets) {
      long width = bucket.to() - bucket.from() + 1;
      if (edge >= bucket.to() + 1) {
        below += bucket.count();
      } else if (edge > bucket.from()) {
        below += (long) (bucket.count() * ((double) (edge - bucket.from()) / width));
      }
    }
    return below;
  }
}
