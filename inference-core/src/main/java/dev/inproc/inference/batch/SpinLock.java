package dev.inproc.inference.batch;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * Lets one thread at a time at the policy and the queue's end. It is held for the time of choosing
 * a batch, never during a run, and with one engine run at a time nobody ever waits for it.
 */
final class SpinLock {
  private static final int SPINS = 200;
  private static final long NAP_NANOS = 1_000;

  private final AtomicBoolean held = new AtomicBoolean();

  void enter() {
    for (int spins = 0; !tryEnter(); spins++) {
      if (spins < SPINS) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(NAP_NANOS); // whoever holds it was preempted
      }
    }
  }

  boolean tryEnter() {
    return !held.getOpaque() && held.compareAndSet(false, true);
  }

  void leave() {
    held.set(false);
  }
}
