package dev.inproc.inference.deploy;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.BatchingStats;
import org.jspecify.annotations.Nullable;

/** The queue of the lane that serves: a shadow waits while calls do. Immutable. */
final class PrimaryQueue {
  static final PrimaryQueue NONE = new PrimaryQueue(null, null);

  private final @Nullable Predictor<?, ?> predictor;
  private final @Nullable BatchingStats batcher;

  private PrimaryQueue(@Nullable Predictor<?, ?> predictor, @Nullable BatchingStats batcher) {
    this.predictor = predictor;
    this.batcher = batcher;
  }

  /** Returns the queue of a lane, which is looked up once a lane. */
  PrimaryQueue of(Lane<?, ?> lane) {
    if (lane.predictor == predictor) {
      return this;
    }
    BatchingStats found = null;
    try {
      found = lane.predictor.find(BatchingStats.class).orElse(null);
    } catch (RuntimeException | Error e) { // a layer of the application: no queue is known
    }
    return new PrimaryQueue(lane.predictor, found);
  }

  boolean isWaiting() {
    return batcher != null && batcher.waiting() > 0;
  }
}
