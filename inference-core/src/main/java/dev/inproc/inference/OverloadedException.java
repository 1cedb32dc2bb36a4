package dev.inproc.inference;

import dev.inproc.inference.internal.concurrent.Durations;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The call was refused because too many wait already, or because the engine's time for it is used
 * up; the message names the limit. Carries no stack trace, so that refusing stays cheap under the
 * very load that causes it.
 */
public final class OverloadedException extends InferenceException {
  private static final long serialVersionUID = 1L;

  private final int capacity;
  private final int waiting;
  private final Duration retryAfter;

  /**
   * Creates one for a call that found as many waiting as may.
   *
   * @param capacity how many calls may wait
   * @param waiting how many wait
   * @param retryAfter when there should be room again, by the costs learned so far
   */
  public OverloadedException(int capacity, int waiting, Duration retryAfter) {
    this(
        waiting + " calls are waiting, the capacity is " + capacity + " (maxQueued)",
        capacity,
        waiting,
        retryAfter,
        null);
  }

  /**
   * Creates one for any reason.
   *
   * @param reason the limit that was reached, and what came
   * @param capacity how many calls may wait
   * @param waiting how many wait
   * @param retryAfter when to come again, by the costs learned so far
   * @param cause the failure that used up the engine's time, if there was one
   */
  public OverloadedException(
      String reason, int capacity, int waiting, Duration retryAfter, @Nullable Throwable cause) {
    super("Overloaded: " + reason + "; retry after " + Durations.millis(retryAfter), cause, false);
    this.capacity = capacity;
    this.waiting = waiting;
    this.retryAfter = retryAfter;
  }

  /** Returns how many calls may wait. */
  public int capacity() {
    return capacity;
  }

  /** Returns how many calls waited when this one was refused. */
  public int waiting() {
    return waiting;
  }

  /** Returns when there should be room again, by the costs learned so far; an estimate. */
  public Duration retryAfter() {
    return retryAfter;
  }
}
