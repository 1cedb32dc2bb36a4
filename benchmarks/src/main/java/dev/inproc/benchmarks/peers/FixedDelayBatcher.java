package dev.inproc.benchmarks.peers;

import dev.inproc.inference.BatchPredictor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The batcher of most model servers: a batch runs when it is full, or when its oldest request has
 * waited for a fixed time. The time is counted from that request's arrival, so what gathered during
 * a long run waits no further. Thread-safe; owns and closes what it wraps, and answers what was
 * accepted before.
 *
 * @param <I> a request
 * @param <O> an answer
 */
public final class FixedDelayBatcher<I, O> extends QueueBatcher<I, O> {
  private final int maxBatchSize;
  private final long delayNanos;

  /** Starts its thread. */
  public FixedDelayBatcher(BatchPredictor<I, O> inner, int maxBatchSize, Duration delay) {
    super(inner, "fixed-delay-batcher");
    if (delay.isNegative()) {
      throw new IllegalArgumentException("The delay is negative: " + delay);
    }
    this.maxBatchSize = cap(inner, maxBatchSize);
    delayNanos = delay.toNanos();
    start();
  }

  @Override
  long arrivalNanos() {
    return System.nanoTime();
  }

  @Override
  void gather(BlockingQueue<Queued<I, O>> queue, List<Queued<I, O>> batch)
      throws InterruptedException {
    Queued<I, O> first = queue.take();
    batch.add(first);
    queue.drainTo(batch, maxBatchSize - 1);
    while (batch.size() < maxBatchSize) {
      long left = first.arrivalNanos() + delayNanos - System.nanoTime();
      Queued<I, O> next = left <= 0 ? null : queue.poll(left, TimeUnit.NANOSECONDS);
      if (next == null) {
        return;
      }
      batch.add(next);
      queue.drainTo(batch, maxBatchSize - batch.size());
    }
  }

  @Override
  public String toString() {
    return "fixedDelay(" + maxBatchSize + ", " + delayNanos / 1_000 + " us)";
  }
}
