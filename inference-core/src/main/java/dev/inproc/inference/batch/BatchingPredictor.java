package dev.inproc.inference.batch;

import dev.inproc.inference.Predictor;
import java.time.Duration;

/**
 * A predictor that gathers calls into batches, with its figures. Any number of threads may share
 * one.
 *
 * @param <I> a request
 * @param <O> an answer
 */
public sealed interface BatchingPredictor<I, O> extends Predictor<I, O> permits Batcher {
  /** Returns the figures so far, as one consistent picture of each counter. */
  BatchingMetrics metrics();

  /**
   * Returns the most requests in a batch: what {@link Batching#upTo} says, or less if the model
   * runs no more together.
   */
  int maxBatchSize();

  /**
   * Closes as {@link #close()} does, but waits no longer than this. Then those that still wait fail
   * with {@link dev.inproc.inference.PredictorClosedException}, as do those in a run, and the run
   * is stopped if the engine can be. {@link Duration#ZERO} aborts at once. If a run does not end
   * within half a second more, its model stays open until it does.
   *
   * @return whether everything has been released
   */
  @Override
  boolean close(Duration timeout);
}
