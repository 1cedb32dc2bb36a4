package dev.inproc.inference.internal.concurrent;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts operations that have begun and not ended, so that a thread that closes can wait for the
 * last.
 */
public final class InFlight {
  private final AtomicLong count = new AtomicLong();
  private volatile boolean awaited;
  private final Object lock = new Object();

  /** Counts one in. */
  public void begin() {
    count.incrementAndGet();
  }

  /** Counts one out. */
  public void end() {
    if (count.decrementAndGet() == 0 && awaited) {
      synchronized (lock) {
        lock.notifyAll();
      }
    }
  }

  /**
   * Waits until none is in flight, whatever interrupts come. A callback does not wait, since it may
   * itself be the operation that has not ended.
   *
   * @return false if the time passed first, or in a callback
   */
  public boolean await(long timeoutNanos) {
    if (count.get() == 0) {
      return true;
    }
    if (CallbackExecutor.isCallback()) {
      return false;
    }
    long end = System.nanoTime() + timeoutNanos;
    boolean interrupted = false;
    synchronized (lock) {
      awaited =
          true; // before the count is read: a thread that lowers it to zero reads this afterwards
      while (count.get() > 0 && end - System.nanoTime() > 0) {
        try {
          long millis = Math.min((end - System.nanoTime()) / 1_000_000 + 1, Integer.MAX_VALUE);
          lock.wait(Math.max(1, millis));
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return count.get() == 0;
  }
}
