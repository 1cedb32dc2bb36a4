package dev.inproc.inference.internal.calls;

import dev.inproc.inference.BlockedCaller;

/** Gives each caller an exception of its own; see {@link BlockedCaller#failure}. */
public final class Failures {
  private Failures() {}

  /**
   * Throws a copy of a failure to a caller that waited for it.
   *
   * @return never
   */
  public static RuntimeException rethrow(Throwable failure) {
    throw BlockedCaller.rethrow(failure);
  }

  /** Returns a copy of a failure, or the failure itself where it is not copied. */
  public static Throwable copy(Throwable failure) {
    return BlockedCaller.failure(failure);
  }
}
