package dev.inproc.inference.batch;

/** What a run costs, as learned from runs. */
interface CostPredictor {
  boolean isKnown();

  /** A typical run's nanoseconds. */
  double nanos(int rows, long bytes);

  /** The quantile of run time, in nanoseconds. */
  double nanos(int rows, long bytes, double quantile);
}
