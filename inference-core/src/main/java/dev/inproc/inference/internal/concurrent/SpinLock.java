package dev.inproc.inference.internal.concurrent;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A lock held for a few hundred nanoseconds. A worker thread never queues for it behind a virtual
 * thread, as it would at a monitor, so virtual threads without a carrier do not hold up an engine.
 *
 * <p>While a thread holds it, the thread must not wait for anything but another such lock. Not
 * reentrant.
 */
public final class SpinLock {
  private final AtomicBoolean held = new AtomicBoolean();

  /** Waits until the lock is free and takes it. */
  public void enter() {
    if (!tryEnter()) {
      SpinWait.until(this::tryEnter);
    }
  }

  /** Takes the lock if it is free. */
  public boolean tryEnter() {
    return !held.getOpaque() && held.compareAndSet(false, true);
  }

  /** Frees the lock. The caller holds it. */
  public void leave() {
    held.set(false);
  }
}
