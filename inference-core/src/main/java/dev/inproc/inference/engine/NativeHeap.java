package dev.inproc.inference.engine;

import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.internal.concurrent.Workers;
import java.lang.System.Logger.Level;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Gives memory of closed models back to the operating system: the C library keeps freed memory for
 * itself, as much as a model. While models serve, the heap is trimmed at most once in ten seconds,
 * since allocations wait meanwhile; what is freed in between is trimmed after that time. Once no
 * model is open, it is trimmed at once. Thread-safe.
 */
final class NativeHeap {
  static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final NativeHeap PROCESS =
      new NativeHeap(
          trimmer(),
          Timer.system(),
          task -> Workers.shared().turn(NativeHeap.class, task),
          Workers::isAnyModelOpen);

  private final @Nullable Runnable trimmer;
  private final Timer timer;
  private final Executor janitor;
  private final BooleanSupplier isAnyModelOpen;

  // Guarded by this.
  private boolean hasTrimmed;
  private long lastNanos;
  private Timer.@Nullable Scheduled due;

  /**
   * Creates one.
   *
   * @param trimmer trims, or null if this JVM cannot
   * @param janitor trims what is trimmed later
   */
  NativeHeap(
      @Nullable Runnable trimmer, Timer timer, Executor janitor, BooleanSupplier isAnyModelOpen) {
    this.trimmer = trimmer;
    this.timer = timer;
    this.janitor = janitor;
    this.isAnyModelOpen = isAnyModelOpen;
  }

  static NativeHeap process() {
    return PROCESS;
  }

  private static @Nullable Runnable trimmer() {
    try { // the module java.management may be absent
      Class.forName("java.lang.management.ManagementFactory");
      return new TrimCommand();
    } catch (ClassNotFoundException | LinkageError e) {
      return null;
    }
  }

  /** A model's memory was freed. Trims on the calling thread, which must serve no caller. */
  void modelFreed() {
    if (trimmer == null || !isDue(!isAnyModelOpen.getAsBoolean())) {
      return;
    }
    trim(trimmer);
  }

  private synchronized boolean isDue(boolean isIdle) {
    long wait = hasTrimmed && !isIdle ? lastNanos + PAUSE_NANOS - timer.nanoTime() : 0;
    if (wait > 0) {
      if (due == null) {
        schedule(wait);
      }
      return false;
    }
    if (due != null) {
      due.cancel();
      due = null;
    }
    hasTrimmed = true;
    lastNanos = timer.nanoTime();
    return true;
  }

  private void schedule(long nanos) {
    try {
      due = timer.schedule(() -> janitor.execute(this::trimDue), nanos);
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      // no thread to be had: the next model that is freed tries again
    }
  }

  private void trimDue() {
    synchronized (this) {
      if (due == null) {
        return; // another thread has trimmed
      }
      due = null;
      lastNanos = timer.nanoTime();
    }
    if (trimmer != null) {
      trim(trimmer);
    }
  }

  private static void trim(Runnable trimmer) {
    try {
      trimmer.run();
    } catch (RuntimeException | Error e) {
      SessionLog.LOG.log(Level.DEBUG, "The native heap was not trimmed", e);
    }
  }
}
