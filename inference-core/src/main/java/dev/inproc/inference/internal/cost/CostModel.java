package dev.inproc.inference.internal.cost;

import java.util.Arrays;

/**
 * What an engine run costs, learned from the runs themselves:
 *
 * <pre>{@code t = a + b·rows + c·rows·volume + d·rows·volume²}</pre>
 *
 * <p>where the volume is the number of input elements of one padded row. The terms are what models
 * are made of: weights to read once, heads and pooling by the row, layers by the element, attention
 * by its square. None is ever negative. Fitted by least squares on relative errors (a model that is
 * 1 ms off is right about 100 ms and wrong about 1), old runs fading by a factor, with the
 * active-set method of Lawson and Hanson for the signs: drop the terms that come out negative and
 * solve again.
 *
 * <p>Thread-safe; recording takes a lock, so tiny runs are recorded by sample.
 */
public final class CostModel {
  private static final int TERMS = 4;
  private static final double RIDGE = 1e-6;
  private static final double MAX_ERROR = 0.35;
  private static final double OUTLIER = 8;
  private static final int REFIT_EVERY = 8;

  private final int minRuns;
  private final int minShapes;
  private final double fading;
  private final double[][] products = new double[TERMS][TERMS];
  private final double[] moments = new double[TERMS];
  private final long[] shapes = new long[16];
  private volatile Fit fit = new Fit(new double[TERMS], 1, false);
  private double scale;
  private double error = 1;
  private volatile double meanNanos;
  private int runs;
  private int distinct;
  private int outliers;

  /** Creates a model that remembers about 200 runs, and is known after 12 of 4 shapes. */
  public CostModel() {
    this(12, 4, 0.995);
  }

  /**
   * Creates a model.
   *
   * @param minRuns the runs before it is known
   * @param minShapes the distinct shapes before it is known, at most 16
   * @param fading what a run weighs after the next one, below 1
   */
  public CostModel(int minRuns, int minShapes, double fading) {
    this.minRuns = minRuns;
    this.minShapes = minShapes;
    this.fading = fading;
  }

  /** Coefficients for volumes in units of the scale. */
  private record Fit(double[] terms, double scale, boolean known) {
    double nanos(int rows, double volume) {
      double v = volume / scale;
      return terms[0] + rows * (terms[1] + v * (terms[2] + v * terms[3]));
    }
  }

  /** Returns whether enough was seen to trust predictions for shapes not seen. */
  public boolean isKnown() {
    return fit.known;
  }

  /** Predicts a run's nanoseconds; meaningful only when known. */
  public double nanos(int rows, double volume) {
    return fit.nanos(rows, volume);
  }

  /** The fading mean of a run's nanoseconds; 0 before the first. */
  public double meanNanos() {
    return meanNanos;
  }

  /** Learns from a run. The first of a shape is better left out: it pays for memory. */
  public synchronized void record(int rows, double volume, long nanos) {
    if (nanos <= 0) {
      return;
    }
    if (scale == 0) {
      scale = Math.max(1, volume);
    }
    double predicted = fit.nanos(rows, volume);
    if (fit.known) {
      boolean out = nanos > OUTLIER * predicted;
      outliers = out ? outliers + 1 : 0;
      if (out && outliers < 3) {
        return; // a pause of the collector or of the machine; three in a row are news
      }
      error += 0.05 * (Math.abs(predicted - nanos) / nanos - error);
    }
    double mean = meanNanos;
    meanNanos = mean == 0 ? nanos : mean + 0.05 * (nanos - mean);
    accumulate(rows, volume / scale, nanos);
    noteShape(rows, volume);
    runs++;
    if (runs % REFIT_EVERY == 0 || runs <= minRuns) {
      refit();
    }
  }

  private void accumulate(int rows, double v, long nanos) {
    double[] x = {1.0 / nanos, (double) rows / nanos, rows * v / nanos, rows * v * v / nanos};
    for (int i = 0; i < TERMS; i++) {
      for (int j = 0; j < TERMS; j++) {
        products[i][j] = products[i][j] * fading + x[i] * x[j];
      }
      moments[i] = moments[i] * fading + x[i]; // the target of every relative equation is 1
    }
  }

  private void noteShape(int rows, double volume) {
    long shape = rows * 1_000_003L + Double.hashCode(volume);
    for (int i = 0; i < distinct; i++) {
      if (shapes[i] == shape) {
        return;
      }
    }
    if (distinct < shapes.length) {
      shapes[distinct++] = shape;
    }
  }

  private void refit() {
    double[] terms = solve();
    if (!fit.known && runs >= minRuns) {
      error = 0.2; // a presumption, corrected by the runs to come
    }
    boolean known = runs >= minRuns && distinct >= minShapes && error <= MAX_ERROR;
    if (fit.known && !known) {
      runs = 0; // the model changed its ways: learn anew before trusting again
      for (double[] row : products) {
        Arrays.fill(row, 0);
      }
      Arrays.fill(moments, 0);
    }
    fit = new Fit(terms, scale, known);
  }

  private double[] solve() {
    boolean[] active = new boolean[TERMS];
    Arrays.fill(active, true);
    while (true) {
      double[] terms = LinearSystem.solve(products, moments, active, RIDGE);
      int worst = -1;
      for (int i = 0; i < TERMS; i++) {
        if (active[i] && terms[i] < 0 && (worst < 0 || gain(terms, i) < gain(terms, worst))) {
          worst = i;
        }
      }
      if (worst < 0) {
        return terms;
      }
      active[worst] = false;
    }
  }

  /** How far below zero a term pushes a typical prediction. */
  private double gain(double[] terms, int i) {
    return terms[i] * moments[i];
  }
}
