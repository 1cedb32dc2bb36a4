package dev.inproc.inference.cache;

import org.jspecify.annotations.Nullable;

/**
 * What the store holds for a request: an answer, or a failure that is kept for a while.
 *
 * @param <O> an answer
 */
final class CacheEntry<O> {
  private static final long NEVER = Long.MAX_VALUE;

  final @Nullable O answer;
  final @Nullable Throwable failure;

  /** The time that the model took to find it. */
  final long runNanos;

  final int weight;

  /** Till when a failure is kept; of answers the store itself knows. */
  private final long untilNanos;

  private long refreshAt = NEVER;
  private boolean isIndexed;
  private boolean isGone;
  private @Nullable Runnable onGone;

  private CacheEntry(
      @Nullable O answer, @Nullable Throwable failure, long runNanos, int weight, long untilNanos) {
    this.answer = answer;
    this.failure = failure;
    this.runNanos = runNanos;
    this.weight = weight;
    this.untilNanos = untilNanos;
  }

  static <O> CacheEntry<O> answer(O answer, long runNanos, int weight) {
    return new CacheEntry<>(answer, null, runNanos, weight, NEVER);
  }

  static <O> CacheEntry<O> failure(Throwable failure, long runNanos, int weight, long untilNanos) {
    return new CacheEntry<>(null, failure, runNanos, weight, untilNanos);
  }

  /** Returns the answer of an entry without a failure. */
  @SuppressWarnings("NullAway") // then there is one
  O value() {
    return answer;
  }

  boolean isOver(long nowNanos) {
    return failure != null && nowNanos - untilNanos >= 0;
  }

  int weight() {
    return weight;
  }

  /** Whether the calling thread is the one to put this entry into an index; true once. */
  synchronized boolean claimIndexing() {
    boolean isFirst = !isIndexed;
    isIndexed = true;
    return isFirst;
  }

  /** Has a task run when this entry leaves the store; now, if it has left. */
  void whenGone(Runnable task) {
    synchronized (this) {
      if (!isGone) {
        onGone = task;
        return;
      }
    }
    task.run();
  }

  /** The entry has left the store. */
  void gone() {
    Runnable task;
    synchronized (this) {
      isGone = true;
      task = onGone;
      onGone = null;
    }
    if (task != null) {
      task.run();
    }
  }

  synchronized void refreshAt(long nanos) {
    refreshAt = nanos;
  }

  /** Whether it is due to be refreshed, once: if the refresh fails, the next is due later. */
  synchronized boolean takeRefresh(long nowNanos, long everyNanos) {
    if (refreshAt == NEVER || nowNanos - refreshAt < 0) {
      return false;
    }
    refreshAt = nowNanos + everyNanos;
    return true;
  }
}
