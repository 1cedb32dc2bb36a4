package dev.inproc.inference.batch;

import dev.inproc.inference.CallOptions;

/** What the policy knows of a request that waits. Times are on one clock, in nanoseconds. */
interface QueuedRequest {
  long arrivalNanos();

  /** {@link Long#MAX_VALUE} if there is none. */
  long deadlineNanos();

  CallOptions.Priority priority();

  long bytes();

  /** Whether it may be refused, while it waits, for the sake of a higher class. */
  default boolean isEvictable() {
    return true;
  }

  /** Cancelled, expired or answered meanwhile: leaves silently and costs nothing. */
  boolean isGone();
}
