package dev.inproc.inference.internal.concurrent;

import java.util.concurrent.CountDownLatch;

/** Closes something that may take long, for a caller whose time is bounded. */
public final class BoundedClose {
  /**
   * How long a bounded close waits for runs that it has stopped. ONNX Runtime stops between two
   * nodes: 25 to 57 ms on a large batch.
   */
  public static final long GRACE_NANOS = 250_000_000;

  private BoundedClose() {}

  /**
   * Calls this on one of these worker threads and waits for it.
   *
   * @return whether it returned in time; false if it threw
   */
  public static boolean close(Workers workers, Runnable close, long timeoutNanos) {
    CountDownLatch closed = new CountDownLatch(1);
    workers.turn(
        closed,
        () -> {
          close.run();
          closed.countDown();
        });
    return Latches.await(closed, timeoutNanos);
  }
}
