package dev.inproc.inference.internal.concurrent;

import java.time.Duration;

/** Durations as nanoseconds that neither overflow nor upset differences of {@code nanoTime}. */
public final class Durations {
  /** Longer than any process lives, and half of what a difference of nanoTime can tell. */
  public static final long FOREVER = Long.MAX_VALUE / 2;

  private Durations() {}

  /** Returns a duration's nanoseconds, from 0 to {@link #FOREVER}. */
  public static long of(Duration duration) {
    if (duration.isNegative()) {
      return 0;
    }
    return duration.toSeconds() > FOREVER / 1_000_000_000
        ? FOREVER
        : Math.min(duration.toNanos(), FOREVER);
  }

  /** Returns a duration as text in milliseconds. */
  public static String millis(Duration duration) {
    return duration.toSeconds() * 1e3 + duration.toNanosPart() / 1e6 + " ms";
  }
}
