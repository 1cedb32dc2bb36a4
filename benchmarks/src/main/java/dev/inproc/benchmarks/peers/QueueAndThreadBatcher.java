package dev.inproc.benchmarks.peers;

import dev.inproc.inference.BatchPredictor;
import java.util.List;
import java.util.concurrent.BlockingQueue;

/**
 * What one writes first: a blocking queue and a thread that takes what is there, runs it, and takes
 * again. It never waits for more, so it is the strongest of the simple batchers. Thread-safe; owns
 * and closes what it wraps, and answers what was accepted before.
 *
 * @param <I> a request
 * @param <O> an answer
 */
public final class QueueAndThreadBatcher<I, O> extends QueueBatcher<I, O> {
  private final int maxBatchSize;

  /** Starts its thread. */
  public QueueAndThreadBatcher(BatchPredictor<I, O> inner, int maxBatchSize) {
    super(inner, "queue-and-thread-batcher");
    this.maxBatchSize = cap(inner, maxBatchSize);
    start();
  }

  @Override
  long arrivalNanos() {
    return 0;
  }

  @Override
  void gather(BlockingQueue<Queued<I, O>> queue, List<Queued<I, O>> batch)
      throws InterruptedException {
    batch.add(queue.take());
    queue.drainTo(batch, maxBatchSize - 1);
  }

  @Override
  public String toString() {
    return "queueAndThread(" + maxBatchSize + ")";
  }
}
