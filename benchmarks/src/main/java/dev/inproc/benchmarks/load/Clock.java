package dev.inproc.benchmarks.load;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/** Time as a load generator sees it; an interface, so that tests own it. */
public interface Clock {
  /** The clock of the machine. */
  Clock SYSTEM = new SystemClock();

  /** Returns the present time in nanoseconds, with an arbitrary origin. */
  long nanoTime();

  /** Waits until a time; returns at once if it has passed. */
  void sleepUntil(long nanos);

  /** Waits until a future is done, however it ends. */
  void await(CompletableFuture<?> future);

  /** Parks, and covers the last stretch by yielding: a parked thread wakes some 50 µs late. */
  final class SystemClock implements Clock {
    private static final long SLACK_NANOS = 80_000;
    private static final long SPIN_NANOS = 20_000; // as the JMH suites' ring does

    private SystemClock() {}

    @Override
    public long nanoTime() {
      return System.nanoTime();
    }

    @Override
    @SuppressWarnings("ThreadPriorityCheck") // to be on time, not for correctness
    public void sleepUntil(long nanos) {
      long left = nanos - System.nanoTime();
      while (left > 0) {
        if (left > SLACK_NANOS) {
          LockSupport.parkNanos(left - SLACK_NANOS);
        } else {
          Thread.yield(); // the engine may need the processor
        }
        left = nanos - System.nanoTime();
      }
    }

    @Override
    public void await(CompletableFuture<?> future) {
      long end = System.nanoTime() + SPIN_NANOS;
      while (!future.isDone() && System.nanoTime() - end < 0) {
        Thread.onSpinWait();
      }
      try {
        future.join();
      } catch (RuntimeException e) {
        // However it ends: who counts failures looks at the future.
      }
    }
  }
}
