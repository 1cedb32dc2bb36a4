package dev.inproc.inference.cache;

/**
 * Estimates how long the model itself ran for a request, from when calls of the layer below begin
 * and end, since that layer may queue them and does not say for how long. A run that queued behind
 * others begins when the one before it ends, so its time is counted from there; that is exact for
 * one run at a time. Runs that go on side by side, or end together as one batch, take at least as
 * long as the shortest call did. No run takes longer than its call. Thread-safe.
 */
final class RunTimes {
  private boolean any;
  private long lastEnd;
  private long shortest = Long.MAX_VALUE;

  /** Returns the time of a run for one of so many requests that it answered together. */
  synchronized long answered(long startNanos, long endNanos, int requests) {
    long call = Math.max(0, endNanos - startNanos) / requests;
    shortest = Math.min(shortest, call);
    return estimate(startNanos, endNanos, requests);
  }

  /** Returns the time of a run that failed, which tells nothing of the next run. */
  synchronized long failed(long startNanos, long endNanos) {
    return estimate(startNanos, endNanos, 1);
  }

  private long estimate(long startNanos, long endNanos, int requests) {
    long call = Math.max(0, endNanos - startNanos) / requests;
    long sinceLast = any ? Math.max(0, endNanos - lastEnd) / requests : call;
    any = true;
    lastEnd = endNanos;
    long atLeast = shortest == Long.MAX_VALUE ? 0 : shortest;
    return Math.min(call, Math.max(sinceLast, atLeast));
  }
}
