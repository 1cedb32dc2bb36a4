package dev.inproc.benchmarks;

import dev.inproc.inference.Batch;
import dev.inproc.inference.BatchPredictor;
import dev.inproc.inference.BatchTraits;
import dev.inproc.inference.CallOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A model whose run of b rows takes {@code fixed + perItem·b}, by spinning: its answer to x is x +
 * 1. It runs one batch at a time, as one device does; a second run waits at its door. With both
 * times zero it is the no-op engine, which has no door. Thread-safe.
 */
final class AffineEngine implements BatchPredictor<Long, Long> {
  private final long fixedNanos;
  private final long perItemNanos;
  private final ReentrantLock door = new ReentrantLock();

  AffineEngine(long fixedNanos, long perItemNanos) {
    this.fixedNanos = fixedNanos;
    this.perItemNanos = perItemNanos;
  }

  /** By name: {@code noop}, or {@code affine} with 100 µs and 10 µs a row. */
  static AffineEngine named(String name) {
    return switch (name) {
      case "noop" -> new AffineEngine(0, 0);
      case "affine" -> new AffineEngine(100_000, 10_000);
      default -> throw new IllegalArgumentException("No engine \"" + name + "\"");
    };
  }

  private void work(int rows) {
    long nanos = fixedNanos + rows * perItemNanos;
    if (nanos == 0) {
      return;
    }
    door.lock();
    try {
      long end = System.nanoTime() + nanos;
      while (System.nanoTime() - end < 0) {
        Thread.onSpinWait();
      }
    } finally {
      door.unlock();
    }
  }

  @Override
  public Long predict(Long input, CallOptions options) {
    work(1);
    return input + 1;
  }

  @Override
  public List<Long> predictAll(List<Long> inputs, CallOptions options) {
    work(inputs.size());
    List<Long> answers = new ArrayList<>(inputs.size());
    inputs.forEach(input -> answers.add(input + 1));
    return answers;
  }

  @Override
  public void run(Batch<Long, Long> batch) {
    int size = batch.size();
    work(size);
    for (int i = 0; i < size; i++) {
      batch.complete(i, batch.input(i) + 1);
    }
  }

  @Override
  public CompletableFuture<Long> submit(Long input, CallOptions options) {
    return CompletableFuture.completedFuture(predict(input, options));
  }

  @Override
  public BatchTraits<Long> traits() {
    return new BatchTraits<>() {
      @Override
      public void check(Long input) {}

      @Override
      public long bytes(Long input) {
        return Long.BYTES;
      }

      @Override
      public int maxBatchSize() {
        return Integer.MAX_VALUE;
      }
    };
  }

  @Override
  public void close() {}
}
