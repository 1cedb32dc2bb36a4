package dev.inproc.inference.batch;

/**
 * Decides whether to wait a moment, after a batch of blocked callers, for their next calls. Callers
 * in closed loops otherwise settle into two halves that take turns: each run holds one half and
 * pays the fixed cost alone. Where that cost is large beside the wait, and callers do come back,
 * waiting joins the halves. Callers that do not come back in time cost a few waits: after a failure
 * the wait is tried less and less often. Used by one thread, which runs the batch loop.
 */
final class RejoinWait {
  private static final long MOST_NANOS = 60_000;
  private static final double LEAST_SAVED_NANOS = 20_000;

  private final AdaptiveBackoff patience = new AdaptiveBackoff();

  /**
   * Returns how long to wait at most, or 0.
   *
   * @param callers the blocked callers that were just answered
   * @param savedNanos what is saved if two runs become one
   */
  long limitNanos(int callers, double savedNanos) {
    if (callers < 2 || savedNanos < LEAST_SAVED_NANOS) {
      return 0;
    }
    if (!patience.tries()) {
      return 0;
    }
    return Math.min(MOST_NANOS, (long) (savedNanos / 2));
  }

  /** Learns from a wait: it paid if at least half of the expected callers came. */
  void came(int expected, int returned) {
    patience.learn(2 * returned >= expected);
  }
}
