package dev.inproc.inference.batch;

/**
 * Decides whether to wait a moment, after a batch of blocked callers, for their next calls, and for
 * how many. Callers in closed loops otherwise settle into two halves that take turns: each run
 * holds one half and pays the fixed cost alone. Where that cost is large beside the wait, and
 * callers do come back, waiting joins the halves.
 *
 * <p>A wait ends when the usual share of the callers is back, or when it has taken as long as
 * joining two runs saves. The share is learned. It falls slowly, by waits that miss their target,
 * since a processor that is busy for a moment delays all callers. It rises at once: a wait in
 * {@value #PROBE} is for all callers, and if all come, later waits are for all. Callers that do not
 * come back in time cost a few waits: while waits gain nothing they are tried less and less often.
 * Used by one thread, which runs the batch loop.
 */
final class RejoinWait {
  /** Callers that take longer between their calls do more than call. */
  private static final long MOST_NANOS = 2_000_000;

  private static final double LEAST_SAVED_NANOS = 20_000;
  private static final int GIVEN_PART = 100; // else calls would expire for the wait
  private static final int PROBE = 16;
  private static final double MISSED = 0.2; // weight of a wait that missed its target
  private static final double WEIGHT = 0.125; // of the last wait in the average gain
  private static final double CLEARLY = 0.1; // of what is saved
  private static final double SLACK = 0.25; // of a caller, so that noise in the share adds none

  private final AdaptiveBackoff patience = new AdaptiveBackoff();
  private double share = 1; // of the callers: as many usually come back within the limit
  private int waits;
  private double saved; // nanoseconds, as last asked
  private double gain; // nanoseconds, of a wait on average

  /**
   * Returns how long to wait at most, or 0.
   *
   * @param callers the blocked callers that were just answered
   * @param savedNanos what is saved if two runs become one
   * @param givenNanos the least time from arrival to deadline of the calls just answered; the wait
   *     takes a hundredth of it at most
   */
  long limitNanos(int callers, double savedNanos, long givenNanos) {
    if (saved == 0) {
      gain = savedNanos / 2; // until waits have shown it
    }
    saved = savedNanos;
    if (callers < 2 || savedNanos < LEAST_SAVED_NANOS) {
      return 0;
    }
    if (!patience.tries()) {
      return 0;
    }
    long worth = Math.min(MOST_NANOS, (long) savedNanos);
    return Math.min(worth, Math.max(0, givenNanos / GIVEN_PART));
  }

  /** Returns how many callers to wait for, out of the callers that may come back: at least half. */
  int target(int expected) {
    if (waits++ % PROBE == 0) {
      return expected;
    }
    return Math.max((expected + 1) / 2, (int) Math.ceil(share * expected - SLACK));
  }

  /**
   * Learns from a wait. Its gain is what joining saves, times the share of the callers that came,
   * less the time that it took. The next batch waits too if this wait gained clearly, or waits do
   * on average.
   *
   * @param target the callers that it waited for
   * @param waitedNanos how long it took
   */
  void came(int expected, int target, int returned, long waitedNanos) {
    double came = Math.min(1, (double) returned / expected);
    if (returned < target) {
      share += (came - share) * MISSED;
    } else if (target == expected) {
      share = 1;
    }
    double gained = came * saved - waitedNanos;
    gain += (gained - gain) * WEIGHT;
    gain = Math.max(gain, -saved / 2); // so that few good waits make up for many bad ones
    double least = saved * CLEARLY;
    patience.learn(gained > least || gain > least);
  }
}
