package dev.inproc.inference.batch;

import dev.inproc.inference.internal.cost.CostModel;
import java.util.Arrays;

/**
 * What the runs of one model cost, and how much that varies, learned from the runs.
 *
 * <p>Three parts. A {@link CostModel} with a long memory gives the shape: fixed cost, cost a row,
 * cost by bytes. Until it has seen enough shapes, a model with a short memory stands in after
 * {@value #QUICK_RUNS} runs; where it has seen one batch size alone, it takes a part of the cost
 * for fixed and the rest as growing with the rows. And the last {@value #RECENT} runs, each
 * compared with what is predicted now, give the quantiles of the noise. That window is also what
 * makes the estimate robust and quick: a pause of the collector is one value of {@value #RECENT}
 * and moves no quantile in use, while a model that turns three times slower moves the 0.9-quantile,
 * which plans are made on, after three runs and the median after twelve.
 *
 * <p>Runs are recorded under a lock; reading takes none.
 */
final class CostEstimator implements CostPredictor {
  private static final int QUICK_RUNS = 3;
  private static final int RECENT = 24;
  private static final double[] NO_RATIOS = {};

  private final CostModel steady = new CostModel();
  private final CostModel quick = new CostModel(QUICK_RUNS, 1, 0.9);
  private final int[] rows = new int[RECENT];
  private final double[] volumes = new double[RECENT];
  private final long[] nanos = new long[RECENT];
  private int runs;
  private volatile double[] ratios = NO_RATIOS;

  /**
   * Learns from a run that went well.
   *
   * @param batchRows its rows
   * @param bytes the bytes of all its rows
   * @param runNanos the time it took; a run of no time is ignored
   */
  synchronized void record(int batchRows, long bytes, long runNanos) {
    if (batchRows <= 0 || runNanos <= 0) {
      return;
    }
    double volume = volume(batchRows, bytes);
    steady.record(batchRows, volume, runNanos);
    quick.record(batchRows, volume, runNanos);
    int at = runs % RECENT;
    rows[at] = batchRows;
    volumes[at] = volume;
    nanos[at] = runNanos;
    runs++;
    if (runs >= QUICK_RUNS) {
      ratios = sortedRatios();
    }
  }

  private double[] sortedRatios() {
    double[] sorted = new double[Math.min(runs, RECENT)];
    for (int i = 0; i < sorted.length; i++) {
      sorted[i] = nanos[i] / Math.max(1, predict(rows[i], volumes[i]));
    }
    Arrays.sort(sorted);
    return sorted;
  }

  private static double volume(int rows, long bytes) {
    return (double) bytes / rows;
  }

  private double predict(int batchRows, double volume) {
    return (steady.isKnown() ? steady : quick).nanos(batchRows, volume);
  }

  @Override
  public boolean isKnown() {
    return ratios.length > 0;
  }

  @Override
  public double nanos(int batchRows, long bytes) {
    return nanos(batchRows, bytes, 0.5);
  }

  @Override
  public double nanos(int batchRows, long bytes, double quantile) {
    double[] sorted = ratios;
    double typical = Math.max(1, predict(batchRows, volume(batchRows, bytes)));
    if (sorted.length == 0) {
      return typical;
    }
    double place = quantile * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return typical * (sorted[below] + (place - below) * (sorted[above] - sorted[below]));
  }
}
