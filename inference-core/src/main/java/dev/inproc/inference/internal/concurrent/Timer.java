package dev.inproc.inference.internal.concurrent;

/**
 * The clock of deadlines, and the scheduler of timeouts. An interface, so that tests own the time.
 */
public interface Timer {
  /** Returns the present time, on a clock that never runs backwards, with an arbitrary origin. */
  long nanoTime();

  /**
   * Runs a task once after a delay. The task must be short and must not run user code: all timeouts
   * share one thread.
   */
  Scheduled schedule(Runnable task, long delayNanos);

  /** A task that waits for its time. */
  interface Scheduled {
    /** Forgets the task if it has not started. */
    void cancel();
  }

  /** Returns the timer of the process, on {@link System#nanoTime()}. */
  static Timer system() {
    return SystemTimer.INSTANCE;
  }
}
