package dev.inproc.inference.internal.rollout;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Windows of 100 ms of a clock that knows no lane. The first incident of either lane in a window
 * claims it, so that one stall is not counted once for each call that waited. Lock-free.
 */
final class Windows {
  static final long NANOS = 100_000_000;
  private static final int PADDING = 8; // a cache line each

  private final AtomicLongArray claimed;

  Windows(int count) {
    claimed = new AtomicLongArray(count * PADDING);
  }

  /** Claims the window of a time of the phase for one of the tests; false if it is claimed. */
  boolean claim(int test, long sincePhaseNanos) {
    long window = sincePhaseNanos / NANOS + 1;
    int index = test * PADDING;
    long seen = claimed.get(index);
    return seen < window && claimed.compareAndSet(index, seen, window);
  }
}
