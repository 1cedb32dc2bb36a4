package dev.inproc.inference.internal.concurrent;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Waiting that an interrupt does not end. */
final class Latches {
  private Latches() {}

  /**
   * Waits for a latch, whatever interrupts come; the interrupt status is set again afterwards.
   *
   * @return false if the time passed first
   */
  static boolean await(CountDownLatch latch, long timeoutNanos) {
    boolean interrupted = false;
    try {
      long deadline = System.nanoTime() + timeoutNanos;
      while (true) {
        try {
          return latch.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
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
}
