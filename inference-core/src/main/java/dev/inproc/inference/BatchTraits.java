package dev.inproc.inference;

/**
 * What a gatherer of batches must know of requests, without knowing what they are. Thread-safe.
 *
 * @param <I> a request
 */
public interface BatchTraits<I> {
  /**
   * Checks a request before it is queued, on its caller's thread.
   *
   * @throws InvalidInputException naming what was expected and what came
   */
  void check(I input);

  /** Returns the bytes that a request occupies while it waits. */
  long bytes(I input);

  /** Returns the most requests that one run may hold and still answer each rightly. */
  int maxBatchSize();

  /**
   * Returns the most that {@link #maxBatchSize} may come to return: more than it returns now where
   * it is not known yet whether a larger batch keeps answers right.
   */
  default int potentialBatchSize() {
    return maxBatchSize();
  }
}
