package dev.inproc.inference.batch;

/**
 * The share of the engine's time that may go into reruns: a quarter. Unused time is kept for a
 * second. A rerun may overdraw it; the debt is paid back before the next one begins. Thread-safe.
 */
final class RerunBudget {
  private static final long KEPT_NANOS = 1_000_000_000;
  private static final double SHARE = 0.25;

  private final double rate; // nanoseconds of reruns for a nanosecond that passes
  private double left;
  private long asOf;

  RerunBudget(int parallelism, long nowNanos) {
    rate = SHARE * parallelism;
    left = rate * KEPT_NANOS;
    asOf = nowNanos;
  }

  /** Returns whether a rerun may begin. */
  synchronized boolean isLeft(long nowNanos) {
    refill(nowNanos);
    return left > 0;
  }

  /** Takes the time of a rerun that has ended. */
  synchronized void spend(long nanos, long nowNanos) {
    refill(nowNanos);
    left -= nanos;
  }

  /** Returns the nanoseconds until a rerun may begin again. */
  synchronized long untilLeft(long nowNanos) {
    refill(nowNanos);
    return left > 0 ? 0 : (long) (-left / rate) + 1;
  }

  private void refill(long nowNanos) {
    if (nowNanos - asOf > 0) {
      left = Math.min(rate * KEPT_NANOS, left + rate * (nowNanos - asOf));
      asOf = nowNanos;
    }
  }
}
