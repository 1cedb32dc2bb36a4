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
public sealed interface BatchingPredictor<I, O> extends Predictor<I, O>, BatchingStats
    permits BatchScheduler {
  /**
   * Closes as {@link #close()} does, but waits no longer than this. Then the requests that still
   * wait or run fail with {@link dev.inproc.inference.PredictorClosedException}, and a run is
   * stopped if the engine can do so. {@link Duration#ZERO} aborts at once. If a run does not end
   * within half a second more, its model stays open until it does.
   *
   * @return whether everything has been released
   */
  @Override
  boolean close(Duration timeout);
}
