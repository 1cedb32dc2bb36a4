package dev.inproc.inference.internal.concurrent;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.concurrent.TimeUnit;

/** Waiting that an interrupt does not end. */
final class Latches {
  private Latches() {}

  /**
   * Waits for a latch, whatever interrupts come; the interrupt status is set again afterwards. A
   * fork-join pool may have another thread meanwhile: what is waited for may need the pool.
   *
   * @return false if the time passed first
   */
  static boolean await(CountDownLatch latch, long timeoutNanos) {
    boolean interrupted = false;
    long deadline = System.nanoTime() + timeoutNanos;
    try {
      while (true) {
        try {
          return awaitUntil(latch, deadline);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static boolean awaitUntil(CountDownLatch latch, long deadline)
      throws InterruptedException {
    if (!(Thread.currentThread() instanceof ForkJoinWorkerThread)) {
      return latch.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
    }
    ForkJoinPool.managedBlock(
        new ForkJoinPool.ManagedBlocker() {
          @Override
          public boolean block() throws InterruptedException {
            var unused = latch.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            return true;
          }

          @Override
          public boolean isReleasable() {
            return latch.getCount() == 0;
          }
        });
    return latch.getCount() == 0;
  }
}
