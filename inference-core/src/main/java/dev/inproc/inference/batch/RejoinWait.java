package dev.inproc.inference.batch;

/**
 * Whether to wait a moment, after a batch of blocked callers, for them to come back. Callers in
 * closed loops otherwise settle into two halves that take turns: each run holds half of them and
 * pays the fixed cost alone. Where that cost is large beside the wait, and callers do come back,
 * waiting joins the halves. Callers that do not come back in time cost a few waits: after a failure
 * it is tried less and less often. One thread, the batch loop's.
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

  /** Learns from a wait: whether at least half of those expected came. */
  void came(int expected, int returned) {
    patience.learn(2 * returned >= expected);
  }
}
