package dev.inproc.inference;

/**
 * The moment when a call's time is over; for authors of layers. The timeout of {@link CallOptions}
 * is relative, so that one constant can serve any number of calls. The outermost layer that accepts
 * a call {@linkplain #start starts} its deadline and passes the result on: the layers inside see
 * the same moment, however long the call took to reach them.
 *
 * <p>Times are values of {@link System#nanoTime()}.
 */
public final class Deadline {
  private Deadline() {}

  /** Returns whether a call has a timeout, whether its deadline was started or not. */
  public static boolean isSet(CallOptions options) {
    return options.timeout() != null;
  }

  /**
   * Fixes the deadline of a call. Without a timeout, or with a deadline that was started, this
   * returns the options themselves.
   *
   * @param nowNanos the present time
   */
  public static CallOptions start(CallOptions options, long nowNanos) {
    return options.startDeadline(nowNanos);
  }

  /**
   * Returns the time that a call has left.
   *
   * @param nowNanos the present time
   * @return nanoseconds, zero or less when the deadline has passed; {@link Long#MAX_VALUE} if the
   *     call has no timeout or its deadline was not started
   */
  public static long remainingNanos(CallOptions options, long nowNanos) {
    return options.remaining(nowNanos);
  }
}
