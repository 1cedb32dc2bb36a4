package dev.inproc.benchmarks.load;

import dev.inproc.inference.batch.Trace;
import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;

/** When requests are meant to arrive: nanoseconds from the beginning, in order. */
public enum Arrivals {
  /** Independent of one another, as those of many users are. */
  POISSON,
  /** Bursts of 1 to 63 at one moment, the bursts independent of one another. */
  BURSTY,
  /** Evenly spaced. */
  REGULAR;

  private static final int LONGEST_BURST = 63;

  /** Draws arrivals at a mean rate until a time; the same seed gives the same. */
  public long[] schedule(double perSecond, double seconds, long seed) {
    if (!(perSecond > 0 && seconds > 0 && perSecond * seconds < 1e8)) {
      throw new IllegalArgumentException(
          "Expected a rate and a time above 0, and less than 1e8 requests; got "
              + perSecond
              + " a second for "
              + seconds
              + " s");
    }
    SplittableRandom random = new SplittableRandom(seed);
    double gap = 1e9 / perSecond;
    double end = seconds * 1e9;
    long[] times = new long[64 + (int) (1.2 * perSecond * seconds)];
    int count = 0;
    double now = 0;
    while (true) {
      int together = this == BURSTY ? random.nextInt(1, LONGEST_BURST + 1) : 1;
      now += this == REGULAR ? gap : -gap * meanBurst() * Math.log(1 - random.nextDouble());
      if (now >= end) {
        return Arrays.copyOf(times, count);
      }
      if (count + together > times.length) {
        times = Arrays.copyOf(times, 2 * times.length);
      }
      Arrays.fill(times, count, count + together, (long) now);
      count += together;
    }
  }

  private double meanBurst() {
    return this == BURSTY ? (1 + LONGEST_BURST) / 2.0 : 1;
  }

  /** Returns the arrivals of a recorded trace, played so many times as fast. */
  public static long[] of(Trace trace, double speed) {
    return trace.arrivals().stream().mapToLong(a -> (long) (a.arrivalNanos() / speed)).toArray();
  }

  /** Returns the arrivals of this name, in any case. */
  public static Arrivals named(String name) {
    return Arrays.stream(values())
        .filter(each -> each.toString().equals(name.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "Expected one of " + Arrays.toString(values()) + ", got \"" + name + "\""));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
