package dev.inproc.benchmarks;

/** Those who call a predictor. Not thread-safe. */
sealed interface Callers extends AutoCloseable permits Ring, CallerThreads {
  /** Makes so many calls, between all of them, and returns the number. */
  long call(int calls);

  @Override
  void close();
}
