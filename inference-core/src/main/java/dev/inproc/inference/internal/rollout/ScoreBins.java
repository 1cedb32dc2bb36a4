package dev.inproc.inference.internal.rollout;

import java.util.Arrays;

/**
 * The bins of scores: the deciles of a {@link Sample} of both lanes. A value that fills more than a
 * decile has a bin of its own, so that scores with few values, or one, are told apart from others.
 */
final class ScoreBins {
  static final int MOST = 10;

  private final double[] edges; // bin i has the values above edge i - 1, to edge i

  private ScoreBins(double[] edges) {
    this.edges = edges;
  }

  static ScoreBins of(Sample sample) {
    double[] edges = new double[MOST - 1];
    int count = 0;
    for (int decile = 1; decile < MOST; decile++) {
      double edge = sample.quantile(decile / 10.0);
      boolean isAgain = count > 0 && edges[count - 1] == edge;
      if (!isAgain) {
        edges[count++] = edge;
      } else if (count < 2 || edges[count - 2] != Math.nextDown(edge)) {
        edges[count - 1] = Math.nextDown(edge);
        edges[count++] = edge;
      }
    }
    return new ScoreBins(Arrays.copyOf(edges, count));
  }

  static ScoreBins of(double[] edges) {
    return new ScoreBins(edges.clone());
  }

  int bin(double score) {
    int bin = 0;
    while (bin < edges.length && score > edges[bin]) {
      bin++;
    }
    return bin;
  }

  double[] edges() {
    return edges.clone();
  }

  /** Says which scores a bin has. */
  String name(int bin) {
    String above = bin == 0 ? "" : " above " + edges[bin - 1];
    String to = bin == edges.length ? "" : " up to " + edges[bin];
    return "scores" + above + to;
  }
}
