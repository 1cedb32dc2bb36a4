package dev.inproc.inference.internal.concurrent;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Runs user code: the dependents of futures, decoders, the {@code execute} of a call's executor. No
 * thread that turns an engine and no timer runs any, so user code may block, throw, interrupt or
 * wait for this library without holding up another call.
 *
 * <p>Tasks wait in one queue, and <em>drainers</em> take them. One drainer is enough for callbacks
 * that return at once. While tasks wait, the timer looks at the queue once in {@value
 * #CHECK_MILLIS} ms: if no task was taken since its last look, every drainer is blocked, and it
 * doubles their number; if tasks were taken but some still wait, it adds a drainer up to the number
 * of processors. So a blocked callback delays another by a few milliseconds at most, until {@value
 * #MAX_DRAINERS} are blocked at once. A drainer that finds the queue empty ends.
 */
public final class CallbackExecutor implements Executor {
  private static final int CHECK_MILLIS = 1;
  private static final long CHECK_NANOS = CHECK_MILLIS * 1_000_000L;
  private static final int MAX_DRAINERS = 2_048;
  private static final CallbackExecutor SHARED =
      new CallbackExecutor(Workers.shared(), Timer.system());

  private final Workers workers;
  private final Timer timer;
  private final Queue<Runnable> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger drainers = new AtomicInteger();
  private final AtomicBoolean watched = new AtomicBoolean();
  private final int processors = Runtime.getRuntime().availableProcessors();
  private final LongAdder taken = new LongAdder();
  private long takenBefore; // the timer's

  /** For tests that own the clock. */
  CallbackExecutor(Workers workers, Timer timer) {
    this.workers = workers;
    this.timer = timer;
  }

  /** Returns the executor of the process. */
  public static CallbackExecutor shared() {
    return SHARED;
  }

  /** Returns whether the calling thread is one of this class's threads. */
  public static boolean isCallback() {
    return Workers.lane() instanceof CallbackExecutor;
  }

  /** Runs a task on a thread of its own kind, soon. Never blocks, never runs it here. */
  @Override
  public void execute(Runnable task) {
    queue.add(task);
    // Dekker: the task is in the queue before the count is read; a drainer lowers the count before
    // it looks at the queue for the last time.
    if (drainers.get() == 0) {
      start(1);
    }
    watch();
  }

  private void start(int count) {
    for (int i = 0; i < count; i++) {
      drainers.incrementAndGet();
      try {
        workers.turn(this, this::drain);
      } catch (Throwable t) {
        if (workers.isClosed()) { // a task that comes late is not lost
          Workers.shared().turn(this, this::drain);
          return;
        }
        drainers.decrementAndGet(); // no thread to be had: the next look tries again
        return;
      }
    }
  }

  private void drain() {
    do {
      Runnable task;
      while ((task = queue.poll()) != null) {
        taken.increment();
        run(task);
      }
      drainers.decrementAndGet();
    } while (!queue.isEmpty() && rejoin());
  }

  private boolean rejoin() {
    return drainers.compareAndSet(0, 1);
  }

  private static void run(Runnable task) {
    var unused = Thread.interrupted(); // an earlier callback's interrupt is not this one's
    try {
      task.run();
    } catch (Throwable t) {
      Thread.UncaughtExceptionHandler handler = Thread.getDefaultUncaughtExceptionHandler();
      if (handler != null) {
        handler.uncaughtException(Thread.currentThread(), t);
      }
    }
  }

  private void watch() {
    if (!watched.get() && watched.compareAndSet(false, true)) {
      takenBefore = taken.sum();
      lookLater();
    }
  }

  private void lookLater() {
    try {
      var unused = timer.schedule(this::look, CHECK_NANOS);
    } catch (RejectedExecutionException e) {
      watched.set(false); // the runtime is closed
    }
  }

  /** On the timer's thread. */
  private void look() {
    if (queue.isEmpty()) {
      watched.set(false);
      if (!queue.isEmpty()) {
        watch();
      }
      return;
    }
    int now = drainers.get();
    long seen = taken.sum();
    if (seen == takenBefore) {
      start(Math.min(Math.max(1, now), MAX_DRAINERS - now));
    } else if (now < processors) {
      start(1);
    }
    takenBefore = seen;
    lookLater();
  }
}
