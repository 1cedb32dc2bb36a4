package dev.inproc.benchmarks.load;

import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

/** One server, first come first served, in virtual time; it can stall once. */
final class VirtualServer implements Target {
  private final VirtualClock clock;
  private final LongSupplier serviceNanos;
  private long freeAt;
  private long stallAt = Long.MAX_VALUE;
  private long stallNanos;

  VirtualServer(VirtualClock clock, LongSupplier serviceNanos) {
    this.clock = clock;
    this.serviceNanos = serviceNanos;
  }

  /** The first request at or after a time finds the server away for so long. */
  void stall(long fromNowNanos, long nanos) {
    stallAt = clock.nanoTime() + fromNowNanos;
    stallNanos = nanos;
  }

  private long finish() {
    long begin = Math.max(clock.nanoTime(), freeAt);
    if (begin >= stallAt) {
      begin += stallNanos;
      stallAt = Long.MAX_VALUE;
    }
    freeAt = begin + serviceNanos.getAsLong();
    return freeAt;
  }

  @Override
  public Object call(int index) {
    clock.sleepUntil(finish());
    return index;
  }

  @Override
  public CompletableFuture<?> submit(int index) {
    CompletableFuture<Integer> future = new CompletableFuture<>();
    clock.at(finish(), () -> future.complete(index));
    return future;
  }
}
