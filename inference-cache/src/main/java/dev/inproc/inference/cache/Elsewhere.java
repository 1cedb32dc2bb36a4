package dev.inproc.inference.cache;

import dev.inproc.inference.internal.concurrent.Workers;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;

/**
 * Who does what no caller should wait for. The cache has no threads of its own.
 *
 * @param telling completes futures in place of a caller that ran the model
 * @param upkeep orders the store's entries by use and evicts; may refuse
 */
record Elsewhere(Executor telling, Executor upkeep) {
  /** These workers, and the JVM's common pool, as Caffeine does by itself. */
  static Elsewhere of(Workers workers) {
    return new Elsewhere(task -> workers.turn(workers, task), ForkJoinPool.commonPool());
  }

  /** All on the thread that calls, for tests. */
  static Elsewhere caller() {
    return new Elsewhere(Runnable::run, Runnable::run);
  }
}
