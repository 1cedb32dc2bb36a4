package dev.inproc.inference.internal.rollout;

/**
 * When evidence is gathered anew. Evidence is no change detector: after an hour of health it is so
 * small, and so many keys have voted, that a fault takes many times as long to find. So every test
 * begins anew at fixed times of the phase, restart {@code k} at {@code k} times {@link #NANOS},
 * with all keys' votes open again, and goes on with the older restarts too.
 *
 * <p>The evidence of each restart is valid by itself, but not together with others': the lane of a
 * key that has voted is known. So restarts are never averaged; each has its part of alpha, and the
 * parts' sum is at most 1.
 *
 * <p>Some of the older restarts are dropped, by the clock alone: all of the last ten minutes stay,
 * and of older ones some five per doubling of age, and the first.
 */
final class Restarts {
  static final long NANOS = 30_000_000_000L;

  private static final double FIRST = 0.35; // the first restart's part of alpha
  private static final double SCALE = 2_880; // restarts of a day
  private static final int ALL = 20; // of the last ten minutes

  private Restarts() {}

  /**
   * Returns a restart's part of alpha: 0.35 for the first; the others' 0.65 K / ((k+K-1) (k+K)).
   */
  static double part(int number) {
    return number == 0 ? FIRST : (1 - FIRST) * SCALE / ((number + SCALE - 1) * (number + SCALE));
  }

  /** Returns the newest restart at a time of the phase. */
  static int at(long sincePhaseNanos) {
    return (int) Math.min(Integer.MAX_VALUE, Math.max(0, sincePhaseNanos) / NANOS);
  }

  /** Returns whether a restart still gathers evidence when {@code newest} has begun. */
  static boolean isKept(int number, int newest) {
    int age = newest - number;
    if (number == 0 || age <= ALL) {
      return true;
    }
    int doublings = 31 - Integer.numberOfLeadingZeros((age - 1) / ALL);
    return number % (4 << doublings) == 0;
  }
}
