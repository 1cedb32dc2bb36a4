package dev.inproc.inference.batch;

import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.internal.concurrent.BoundedClose;
import dev.inproc.inference.internal.concurrent.CallbackExecutor;
import dev.inproc.inference.internal.concurrent.Workers;

/** Closes a batcher: admits no more, waits for what was accepted, and aborts it after a time. */
final class Shutdown<I, O> {
  /** Half of the grace is for batches, the other half for callers inside the model. */
  private static final long BATCH_GRACE_NANOS = BoundedClose.GRACE_NANOS / 2;

  private final Object batcher;
  private final RequestQueue<Request<I, O>> queue;
  private final PendingRequests<I, O> pending;
  private final EngineLoops<I, O> loops;
  private final BatchRunner<I, O> runs;
  private final Termination termination;

  /**
   * Creates it.
   *
   * @param batcher what messages name, and the lane of its worker threads
   */
  Shutdown(
      Object batcher,
      RequestQueue<Request<I, O>> queue,
      PendingRequests<I, O> pending,
      EngineLoops<I, O> loops,
      BatchRunner<I, O> runs,
      Termination termination) {
    this.batcher = batcher;
    this.queue = queue;
    this.pending = pending;
    this.loops = loops;
    this.runs = runs;
    this.termination = termination;
  }

  /**
   * Closes, waits at most so long, then aborts.
   *
   * @return whether everything has been released
   */
  boolean closeOrAbort(long nanos) {
    if (close(nanos)) {
      return true;
    }
    if (mustNotWait()) {
      return false; // the time has not passed: accepted requests are still to be answered
    }
    PredictorClosedException reason = new PredictorClosedException(batcher.toString());
    runs.abort(reason); // first: a run that begins is seen below, or sees this
    pending.refuseAll(reason);
    loops.failCurrent(reason);
    long end = System.nanoTime() + BoundedClose.GRACE_NANOS;
    if (close(BATCH_GRACE_NANOS)) {
      return true; // the runs of batches have stopped, since all their callers are gone
    }
    boolean isClosed = loops.closeModelNow();
    return close(Math.max(0, end - System.nanoTime())) && isClosed;
  }

  /** Closes and waits at most so long. Returns whether everything has been released. */
  boolean close(long nanos) {
    if (queue.close()) {
      pending.drain();
      loops.endDelays();
      pending.admitWaiting(); // requests outside are refused
    }
    termination.releaseIfLast();
    return termination.await(mustNotWait() ? 0 : nanos);
  }

  /** A worker or callback thread may itself hold what would be waited for. */
  private boolean mustNotWait() {
    return Workers.isTurning(batcher) || CallbackExecutor.isCallback();
  }
}
