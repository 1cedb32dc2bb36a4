package dev.inproc.inference.concurrent;

import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** One thread for all timeouts of the process; it ends some time after the last timeout. */
final class SystemTimer implements Timer {
  static final SystemTimer INSTANCE = new SystemTimer();

  private final ScheduledThreadPoolExecutor executor;

  SystemTimer() {
    executor =
        LibraryThreads.manage(
            new ScheduledThreadPoolExecutor(1, LibraryThreads.factory(SystemTimer::thread)));
    // Most calls are answered in time: their timeouts must not pile up until they would have fired.
    executor.setRemoveOnCancelPolicy(true);
  }

  private static Thread thread(Runnable task) {
    return new Thread(LibraryThreads.rootGroup(), task, "inproc-timer", 0, false);
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
