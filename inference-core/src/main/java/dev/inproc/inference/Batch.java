package dev.inproc.inference;

/**
 * Calls that were gathered to run together. It has no options, deadline or outcome of its own: each
 * call keeps its. Positions count from 0. The runner completes each call once, before {@link
 * BatchPredictor#run} returns and from any threads; what happens to a call meanwhile (cancelled,
 * expired) makes that a no-op.
 *
 * @param <I> a request
 * @param <O> an answer
 */
public interface Batch<I, O> {
  /** Returns the number of calls. */
  int size();

  /** Returns the request of a call. */
  I input(int index);

  /** Returns whether a call's caller has gone: nothing need be computed for it. */
  boolean isGone(int index);

  /** Gives a call its answer; returns false if its caller had gone. */
  boolean complete(int index, O output);

  /** Gives a call its failure; returns false if its caller had gone. */
  boolean fail(int index, Throwable failure);

  /**
   * Returns a switch that cancels once all of these calls are gone, for stopping a run that no
   * caller waits for. To be asked at most once for each call.
   */
  Cancellation watch(int[] indexes);

  /**
   * Tells of an engine run that was made for this batch, for its figures.
   *
   * @param rows the rows that it had, filled-up ones included
   * @param padding the share of its input elements that was padding, from 0 to 1
   */
  default void ran(int rows, double padding) {}
}
