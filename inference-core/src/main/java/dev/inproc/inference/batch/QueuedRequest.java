package dev.inproc.inference.batch;

import dev.inproc.inference.CallOptions;

/** What the policy knows of a waiting request. Times are on one clock, in nanoseconds. */
interface QueuedRequest {
  long arrivalNanos();

  /** {@link Long#MAX_VALUE} if there is none. */
  long deadlineNanos();

  CallOptions.Priority priority();

  long bytes();

  /** Whether it may be refused, while it waits, to make room for a higher class. */
  default boolean isEvictable() {
    return true;
  }

  /** Whether it was cancelled, expired or answered meanwhile. It is then dropped without a run. */
  boolean isGone();
}
