package dev.inproc.inference.concurrent;

import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** One daemon thread for all timeouts of the process; started by the first, and then kept. */
final class SystemTimer implements Timer {
  static final SystemTimer INSTANCE = new SystemTimer();

  private final ScheduledThreadPoolExecutor executor;

  private SystemTimer() {
    executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "inproc-timer");
              thread.setDaemon(true);
              return thread;
            });
    // Most calls are answered in time: their timeouts must not pile up until they would have fired.
    executor.setRemoveOnCancelPolicy(true);
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public Scheduled schedule(Runnable task, long delayNanos) {
    ScheduledFuture<?> future = executor.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
    return () -> future.cancel(false);
  }
}
