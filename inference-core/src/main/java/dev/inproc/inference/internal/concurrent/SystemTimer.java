package dev.inproc.inference.internal.concurrent;

import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One thread for all timeouts of a runtime; it ends some time after the last timeout. */
final class SystemTimer implements Timer {
  static final SystemTimer INSTANCE = new SystemTimer("inproc", null);

  private final ScheduledThreadPoolExecutor executor;

  /**
   * Creates a timer.
   *
   * @param name what the name of its thread begins with
   * @param factory makes the thread, or null
   */
  SystemTimer(String name, @Nullable ThreadFactory factory) {
    executor =
        LibraryThreads.manage(
            new ScheduledThreadPoolExecutor(
                1,
                factory == null
                    ? LibraryThreads.factory(task -> thread(task, name + "-timer"))
                    : factory));
    // Most calls are answered in time: their timeouts must not pile up until they would have fired.
    executor.setRemoveOnCancelPolicy(true);
  }

  private static Thread thread(Runnable task, String name) {
    return new Thread(LibraryThreads.rootGroup(), task, name, 0, false);
  }

  /** Ends the thread; what has not come due never does. */
  void close() {
    executor.shutdownNow();
    LibraryThreads.forget(executor);
  }

  boolean awaitEnd(long timeoutNanos) {
    return LibraryThreads.awaitEnd(executor, timeoutNanos);
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
