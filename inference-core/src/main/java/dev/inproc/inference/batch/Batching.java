package dev.inproc.inference.batch;

import dev.inproc.inference.BatchDecorator;
import dev.inproc.inference.BatchPredictor;
import dev.inproc.inference.internal.concurrent.Durations;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Dynamic batching: calls of many threads run together, each keeping its own options and outcome.
 * Immutable; {@code with...} methods return changed copies, and one may serve any number of models.
 *
 * <pre>{@code
 * Predictor<Tensors, Tensors> batched = session.with(Batching.upTo(32));
 * }</pre>
 *
 * <p>A free engine never waits: it takes the requests that are there, up to {@code maxBatchSize}.
 * While it runs, the next calls gather. A lone caller of {@code predict} runs its own request on
 * its own thread. Where a run costs less than waking a thread does, or the model takes one example
 * a run, callers run beside each other and nothing is gathered. Deadlines, priorities and what to
 * do when too many calls wait are options of each call ({@link dev.inproc.inference.CallOptions}).
 */
public final class Batching implements BatchDecorator {
  private static final int DEFAULT_MAX_QUEUED = 10_000;
  private static final long DEFAULT_MAX_QUEUED_BYTES = 256L << 20;

  private final int maxBatchSize;
  private final Duration maxDelay;
  private final int maxQueued;
  private final long maxQueuedBytes;
  private final int parallelism;

  private Batching(
      int maxBatchSize, Duration maxDelay, int maxQueued, long maxQueuedBytes, int parallelism) {
    this.maxBatchSize = maxBatchSize;
    this.maxDelay = maxDelay;
    this.maxQueued = maxQueued;
    this.maxQueuedBytes = maxQueuedBytes;
    this.parallelism = parallelism;
  }

  /**
   * Batches of up to this many requests; no delay, one engine run at a time, at most 10,000
   * requests and 256 MiB waiting.
   */
  public static Batching upTo(int maxBatchSize) {
    return new Batching(
        positive(maxBatchSize, "maxBatchSize"),
        Duration.ZERO,
        DEFAULT_MAX_QUEUED,
        DEFAULT_MAX_QUEUED_BYTES,
        1);
  }

  /**
   * Returns this batching with a time that a free engine waits for more requests, counted from the
   * oldest one's arrival. It waits only if more are to be expected: never for a lone caller. Zero,
   * the default, is best for most loads.
   */
  public Batching withMaxDelay(Duration delay) {
    if (delay.isNegative()) {
      throw new IllegalArgumentException("maxDelay is negative: " + delay);
    }
    return new Batching(maxBatchSize, delay, maxQueued, maxQueuedBytes, parallelism);
  }

  /** Returns this batching with the most requests that may wait, up to 4,194,304. */
  public Batching withMaxQueued(int requests) {
    if (requests > RequestQueue.MOST_QUEUED) {
      throw new IllegalArgumentException(
          "maxQueued must be at most " + RequestQueue.MOST_QUEUED + ", got " + requests);
    }
    return new Batching(
        maxBatchSize, maxDelay, positive(requests, "maxQueued"), maxQueuedBytes, parallelism);
  }

  /** Returns this batching with the most bytes of requests that may wait. */
  public Batching withMaxQueuedBytes(long bytes) {
    if (bytes < 1 || bytes > RequestQueue.MOST_BYTES) {
      throw new IllegalArgumentException(
          "maxQueuedBytes must be from 1 to " + RequestQueue.MOST_BYTES + ", got " + bytes);
    }
    return new Batching(maxBatchSize, maxDelay, maxQueued, bytes, parallelism);
  }

  /**
   * Returns this batching with a number of engine runs at once. Load the model with the same {@code
   * parallelism}, so that its threads are shared out.
   */
  public Batching withParallelism(int runs) {
    if (runs > EngineSlots.MOST) {
      throw new IllegalArgumentException(
          "parallelism must be at most " + EngineSlots.MOST + ", got " + runs);
    }
    return new Batching(
        maxBatchSize, maxDelay, maxQueued, maxQueuedBytes, positive(runs, "parallelism"));
  }

  private static int positive(int value, String name) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " must be at least 1, got " + value);
    }
    return value;
  }

  @Override
  public <I, O> BatchingPredictor<I, O> decorate(BatchPredictor<I, O> inner) {
    return new BatchScheduler<>(inner, this);
  }

  /** Returns the most requests in a batch. */
  public int maxBatchSize() {
    return maxBatchSize;
  }

  /** Returns how long a free engine waits for more. */
  public Duration maxDelay() {
    return maxDelay;
  }

  /** Returns the most requests that may wait. */
  public int maxQueued() {
    return maxQueued;
  }

  /** Returns the most bytes of requests that may wait. */
  public long maxQueuedBytes() {
    return maxQueuedBytes;
  }

  /** Returns the number of engine runs at once. */
  public int parallelism() {
    return parallelism;
  }

  long maxDelayNanos() {
    return Durations.of(maxDelay);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Batching that
        && maxBatchSize == that.maxBatchSize
        && maxDelay.equals(that.maxDelay)
        && maxQueued == that.maxQueued
        && maxQueuedBytes == that.maxQueuedBytes
        && parallelism == that.parallelism;
  }

  @Override
  public int hashCode() {
    return Objects.hash(maxBatchSize, maxDelay, maxQueued, maxQueuedBytes, parallelism);
  }

  @Override
  public String toString() {
    return "Batching[maxBatchSize="
        + maxBatchSize
        + ", maxDelay="
        + maxDelay
        + ", maxQueued="
        + maxQueued
        + ", maxQueuedBytes="
        + maxQueuedBytes
        + ", parallelism="
        + parallelism
        + "]";
  }
}
