package dev.inproc.inference.batch;

import dev.inproc.inference.BlockedCaller;
import org.jspecify.annotations.Nullable;

/** The batch that an engine slot runs now. The runner writes it, any thread reads it. */
final class CurrentRun<I, O> {
  private volatile @Nullable RequestBatch<I, O> batch;
  private volatile long expectedEnd;
  private volatile long started;

  void begin(RequestBatch<I, O> newBatch, long start, long end) {
    started = start;
    expectedEnd = end;
    batch = newBatch;
  }

  /** A part of the batch is run again: the age counts from here. */
  void goesOn(long start) {
    started = start;
  }

  void end() {
    batch = null;
  }

  boolean isRunning() {
    return batch != null;
  }

  /** How long the run has taken so far; 0 if there is none. */
  long ageNanos(long now) {
    RequestBatch<I, O> running = batch;
    long start = started;
    boolean isSame = running != null && running == batch; // else the start may be of another run
    return isSame ? Math.max(0, now - start) : 0;
  }

  /** When the run should end; a time in the past if there is no run. */
  long expectedEnd() {
    return expectedEnd;
  }

  /** Releases the callers of the batch that is being run, if there is one. */
  void fail(Throwable reason) {
    RequestBatch<I, O> running = batch;
    if (running != null) {
      running.requests().forEach(request -> request.failApart(() -> BlockedCaller.failure(reason)));
    }
  }
}
