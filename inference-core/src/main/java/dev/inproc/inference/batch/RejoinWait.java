package dev.inproc.inference.batch;

/**
 * Decides whether to wait a moment, after a batch of blocked callers, for their next calls, and for
 * how many. Callers in closed loops otherwise settle into two halves that take turns: each run
 * holds one half and pays the fixed cost alone. Where that cost is large beside the wait, and
 * callers do come back, waiting joins the halves.
 *
 * <p>A wait ends when the usual share of the callers is back, or after half of what joining two
 * runs saves. The share is learned: a wait in {@value #PROBE} is for all callers and shows how many
 * come in the whole time. Callers that do not come back in time cost a few waits: after a failure
 * the wait is tried less and less often. Used by one thread, which runs the batch loop.
 */
final class RejoinWait {
  /** Callers that take longer between their calls do more than call. */
  private static final long MOST_NANOS = 2_000_000;

  private static final double LEAST_SAVED_NANOS = 20_000;
  private static final int GIVEN_PART = 100; // else calls would expire for the wait
  private static final int PROBE = 16;
  private static final double PROBED = 0.5; // weight of a share that was seen in full
  private static final double MISSED = 0.25; // of one that a wait has missed

  private final AdaptiveBackoff patience = new AdaptiveBackoff();
  private double share = 1; // of the callers: as many usually come back within the limit
  private int waits;

  /**
   * Returns how long to wait at most, or 0.
   *
   * @param callers the blocked callers that were just answered
   * @param savedNanos what is saved if two runs become one
   * @param givenNanos the least time from arrival to deadline of the calls just answered; the wait
   *     takes a hundredth of it at most
   */
  long limitNanos(int callers, double savedNanos, long givenNanos) {
    if (callers < 2 || savedNanos < LEAST_SAVED_NANOS) {
      return 0;
    }
    if (!patience.tries()) {
      return 0;
    }
    long worth = Math.min(MOST_NANOS, (long) (savedNanos / 2));
    return Math.min(worth, Math.max(0, givenNanos / GIVEN_PART));
  }

  /** Returns how many callers to wait for, out of the callers that may come back: at least half. */
  int target(int expected) {
    if (waits++ % PROBE == 0) {
      return expected;
    }
    return Math.max((expected + 1) / 2, (int) Math.round(share * expected));
  }

  /**
   * Learns from a wait: it paid if at least half of the expected callers came.
   *
   * @param target the callers that it waited for
   */
  void came(int expected, int target, int returned) {
    double came = Math.min(1, (double) returned / expected);
    if (target == expected) {
      share += (came - share) * PROBED;
    } else if (returned < target) {
      share += (came - share) * MISSED;
    }
    patience.learn(2 * returned >= expected);
  }
}
