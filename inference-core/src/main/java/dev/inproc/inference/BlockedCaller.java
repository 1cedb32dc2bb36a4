package dev.inproc.inference;

import dev.inproc.inference.CallOptions.Overload;

/**
 * Calls by {@code submit} on behalf of a caller that blocks; for authors of layers. Such a call may
 * {@linkplain Overload#WAIT wait for room}, which {@code submit} must not do by itself.
 */
public final class BlockedCaller {
  private BlockedCaller() {}

  /**
   * Returns options for a {@code submit} while the caller blocks on its outcome: without the
   * executor, of which the caller may be the only thread, and with leave to wait for room.
   */
  public static CallOptions options(CallOptions options) {
    return options.forBlockedCaller();
  }

  /**
   * Checks that a {@code submit} with these options can do as they say.
   *
   * @throws IllegalArgumentException if they ask to wait for room and no caller blocks
   */
  public static void checkSubmit(CallOptions options) {
    if (options.overload() == Overload.WAIT && !options.isCallerBlocked()) {
      throw new IllegalArgumentException(
          "submit never blocks, so it cannot wait for room: use predict or predictAll with"
              + " Overload.WAIT; or submit with Overload.FAIL and, after an OverloadedException,"
              + " again after its retryAfter()");
    }
  }
}
