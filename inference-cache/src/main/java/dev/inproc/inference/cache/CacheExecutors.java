package dev.inproc.inference.cache;

import dev.inproc.inference.internal.concurrent.Workers;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;

/**
 * The executors for work that no caller should wait for. The cache has no threads of its own.
 *
 * @param notifier completes futures in place of a caller that ran the model
 * @param upkeep orders the store's entries by use and evicts; may refuse
 */
record CacheExecutors(Executor notifier, Executor upkeep) {
  /** These workers, and the JVM's common pool, as Caffeine does by itself. */
  static CacheExecutors of(Workers workers) {
    return new CacheExecutors(task -> workers.turn(workers, task), ForkJoinPool.commonPool());
  }

  /** All on the thread that calls, for tests. */
  static CacheExecutors caller() {
    return new CacheExecutors(Runnable::run, Runnable::run);
  }
}
