package dev.inproc.inference.batch;

/**
 * The figures of a batcher, wherever it stands in a chain. Any number of threads may share one.
 *
 * <pre>{@code
 * BatchingMetrics metrics = embedder.find(BatchingStats.class).orElseThrow().metrics();
 * }</pre>
 */
public interface BatchingStats {
  /** Returns the figures so far; its counters are read one by one. */
  BatchingMetrics metrics();

  /** Returns how many requests wait now: {@code metrics().waiting()}, at once. */
  default int waiting() {
    return metrics().waiting();
  }

  /**
   * Returns the most requests in a batch: what {@link Batching#upTo} says, or less if the model
   * runs no more together.
   */
  int maxBatchSize();
}
