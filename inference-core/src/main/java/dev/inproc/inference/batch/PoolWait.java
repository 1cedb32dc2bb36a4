package dev.inproc.inference.batch;

import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;

/**
 * Blocks a thread of a fork-join pool, and lets the pool have another thread meanwhile: the model
 * may need the pool.
 */
final class PoolWait implements ForkJoinPool.ManagedBlocker {
  private final Future<?> future;

  private PoolWait(Future<?> future) {
    this.future = future;
  }

  /** Returns when the future is done or the thread is interrupted. */
  static void await(Future<?> future) {
    try {
      ForkJoinPool.managedBlock(new PoolWait(future));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // for the caller to see
    }
  }

  @Override
  public boolean block() {
    LockSupport.park(future);
    return isReleasable();
  }

  @Override
  public boolean isReleasable() {
    return future.isDone() || Thread.currentThread().isInterrupted();
  }
}
