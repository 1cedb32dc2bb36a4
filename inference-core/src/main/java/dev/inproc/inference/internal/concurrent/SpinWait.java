package dev.inproc.inference.internal.concurrent;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Waits for a state that another thread changes within a microsecond, unless that thread loses its
 * processor. The waiting thread spins first. Then it sleeps, twice as long each time, so the wait
 * takes at most about twice the time that it has to.
 *
 * <p>Two rules keep the thread that is waited for running. An interrupted thread sleeps too: {@link
 * LockSupport#parkNanos} returns at once while the interrupt status is set, so the status is kept
 * apart until the wait ends. And a virtual thread gives its carrier back for longer and longer:
 * sleeps of a microsecond kept all carriers of a machine with two processors busy, and a virtual
 * thread that was to release the lock got none.
 */
public final class SpinWait {
  private static final int SPINS = 200;
  private static final long FIRST_SLEEP_NANOS = 1_000;
  private static final long LONGEST_SLEEP_NANOS = 1_000_000;

  private SpinWait() {}

  /** Waits until the condition holds. The interrupt status of the thread stays as it is. */
  public static void until(BooleanSupplier condition) {
    for (int spins = 0; spins < SPINS; spins++) {
      if (condition.getAsBoolean()) {
        return;
      }
      Thread.onSpinWait();
    }
    boolean interrupted = false;
    long sleep = FIRST_SLEEP_NANOS;
    while (!condition.getAsBoolean()) {
      interrupted |= Thread.interrupted();
      LockSupport.parkNanos(sleep);
      sleep = Math.min(2 * sleep, LONGEST_SLEEP_NANOS);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
