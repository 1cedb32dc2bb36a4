package dev.inproc.inference;

import dev.inproc.inference.concurrent.Nanos;
import java.time.Duration;

/**
 * The call was refused because too many wait already; nothing was run. Carries no stack trace, so
 * that refusing stays cheap under the very load that causes it.
 */
public final class OverloadedException extends InferenceException {
  private static final long serialVersionUID = 1L;

  private final int capacity;
  private final int waiting;
  private final Duration retryAfter;

  /**
   * Creates one.
   *
   * @param capacity how many calls may wait
   * @param waiting how many wait
   * @param retryAfter when there should be room again, by the costs learned so far
   */
  public OverloadedException(int capacity, int waiting, Duration retryAfter) {
    super(
        "Overloaded: "
            + waiting
            + " calls are waiting, the capacity is "
            + capacity
            + "; retry after "
            + Nanos.millis(retryAfter),
        false);
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
