package dev.inproc.benchmarks;

/** Those who call a predictor. Not thread-safe. */
sealed interface Callers extends AutoCloseable permits Ring, CallerThreads, ListCaller {
  /** Makes so many calls, between all of them, and returns the number. */
  long call(int calls);

  /**
   * Waits until no call is under way; the next {@link #call} goes on. Returns the calls that ended
   * beyond what {@code call} has returned.
   */
  long rest();

  @Override
  void close();
}
