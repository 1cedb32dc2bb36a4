package dev.inproc.inference.batch;

import dev.inproc.inference.internal.concurrent.SpinWait;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A lock held for a few hundred nanoseconds. A worker thread never queues for it behind a virtual
 * thread, as it would at a monitor, so virtual threads without a carrier do not hold up an engine.
 *
 * <p>While a thread holds it, the thread must not wait for anything but another such lock. Not
 * reentrant.
 */
final class SpinLock {
  private final AtomicBoolean held = new AtomicBoolean();

  void enter() {
    if (!tryEnter()) {
      SpinWait.until(this::tryEnter);
    }
  }

  boolean tryEnter() {
    return !held.getOpaque() && held.compareAndSet(false, true);
  }

  void leave() {
    held.set(false);
  }
}
