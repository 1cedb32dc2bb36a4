package dev.inproc.inference.model;

import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;

/** When to try again after a failure that may pass: after 1 s, later less often, up to 5 min. */
final class Backoff {
  private static final long FIRST_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long MOST_NANOS = TimeUnit.MINUTES.toNanos(5);

  private final DoubleSupplier random; // from 0 to 1
  private int failures;
  private long nextNanos;

  Backoff(DoubleSupplier random) {
    this.random = random;
  }

  /** Counts a failure. */
  void failed(long nowNanos) {
    long delay = failures >= 9 ? MOST_NANOS : Math.min(MOST_NANOS, FIRST_NANOS << failures);
    failures++;
    // Many processes that fail at one moment do not come back at one moment.
    nextNanos = nowNanos + (long) (delay * (0.75 + 0.25 * random.getAsDouble()));
  }

  void succeeded() {
    failures = 0;
  }

  boolean isWaiting(long nowNanos) {
    return failures > 0 && nowNanos - nextNanos < 0;
  }
}
