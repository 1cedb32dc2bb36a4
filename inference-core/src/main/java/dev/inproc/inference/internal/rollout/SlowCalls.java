package dev.inproc.inference.internal.rollout;

import dev.inproc.inference.internal.routing.SaltedHash;

/**
 * When a call is slow, and how slow: above the 90th, 95th or 99th percentile of a {@link Sample} of
 * both lanes. One test bets on all three marks: it finds a shift of all latencies sooner than three
 * tests that share alpha, and finds a tail alone as well.
 *
 * <p>Durations of a coarse clock have ties, which would leave no call above a percentile. So the
 * order of equal durations is drawn by a hash of the call.
 */
final class SlowCalls {
  /** Ratios by mark: two shifts of all latencies, a strong one, and tails alone. */
  static final double[][] RATIOS = {
    {1.3, 1.5, 2.2}, {1, 1.5, 3}, {3, 5, 15}, {1, 1, 10}, {10, 30, 100}
  };

  static final int MARKS = 3;

  private static final int TIE_BITS = 8;
  private static final long LONGEST = 1L << 44; // nanoseconds, 4.9 hours; exact as a double
  private static final double[] SHARES = {0.9, 0.95, 0.99};

  private final long[] thresholds = new long[MARKS];

  private SlowCalls(double[] values) {
    for (int mark = 0; mark < MARKS; mark++) {
      thresholds[mark] = (long) values[mark];
    }
  }

  static SlowCalls of(Sample sample) {
    double[] values = new double[MARKS];
    for (int mark = 0; mark < MARKS; mark++) {
      values[mark] = sample.quantile(SHARES[mark]);
    }
    return new SlowCalls(values);
  }

  static SlowCalls of(double[] values) {
    return new SlowCalls(values);
  }

  /** Returns a duration with the order among its equals. */
  static long ordered(long tookNanos, long keyHash, long endNanos) {
    long tie = SaltedHash.mix(keyHash ^ SaltedHash.mix(endNanos)) >>> (64 - TIE_BITS);
    return Math.min(LONGEST, Math.max(0, tookNanos)) << TIE_BITS | tie;
  }

  /** Returns how slow a call is, from 0; -1 for one that is not. */
  int mark(long tookNanos, long keyHash, long endNanos) {
    if (tookNanos < thresholds[0] >>> TIE_BITS) {
      return -1;
    }
    long value = ordered(tookNanos, keyHash, endNanos);
    int mark = -1;
    while (mark + 1 < MARKS && value > thresholds[mark + 1]) {
      mark++;
    }
    return mark;
  }

  double[] values() {
    double[] values = new double[MARKS];
    for (int mark = 0; mark < MARKS; mark++) {
      values[mark] = (double) thresholds[mark];
    }
    return values;
  }

  /** Returns the thresholds in nanoseconds. */
  double nanos(int mark) {
    return (double) (thresholds[mark] >>> TIE_BITS);
  }
}
