package dev.inproc.inference.internal.concurrent;

import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The platform threads that all models of the process share: daemons that come with work and leave
 * after some idle seconds, so that a hundred idle models cost none; see {@link LibraryThreads}.
 *
 * <p>A <em>lane</em> turns one model's queue and limits how many threads it asks for, so the pool
 * is unbounded: a shared bound could deadlock two lanes of which one waits for the other. User code
 * runs on {@link CallbackExecutor}, which bounds itself.
 */
public final class Workers {
  private static final Workers SHARED = new Workers("inproc", null);

  /** The lane of a thread that a user's factory made; null on other threads. */
  private static final ThreadLocal<Object> FOREIGN_LANE = new ThreadLocal<>();

  /** Spares callers the thread local while no user has a factory. */
  private static volatile boolean isAnyForeign;

  private final ThreadPoolExecutor lanes;

  /**
   * Creates workers.
   *
   * @param name what the names of the threads begin with
   * @param factory makes the threads, or null
   */
  @SuppressWarnings("StaticAssignmentInConstructor") // set by the first, never cleared
  Workers(String name, @Nullable ThreadFactory factory) {
    if (factory != null) {
      foreignThreadsExist();
    }
    lanes =
        LibraryThreads.manage(
            new ThreadPoolExecutor(
                0,
                Integer.MAX_VALUE,
                LibraryThreads.IDLE_NANOS,
                TimeUnit.NANOSECONDS,
                new SynchronousQueue<>(),
                factory == null ? factory(name + "-worker-") : factory));
  }

  private static void foreignThreadsExist() {
    isAnyForeign = true;
  }

  private static ThreadFactory factory(String prefix) {
    AtomicLong count = new AtomicLong();
    return LibraryThreads.factory(task -> new Worker(task, prefix + count.incrementAndGet()));
  }

  /** Returns the workers of the process. */
  public static Workers shared() {
    return SHARED;
  }

  /** Counts an opened model: while there is one, idle threads stay for some seconds. */
  public static void modelOpened() {
    LibraryThreads.opened();
  }

  /** Counts a model that is closed and freed. After the last one, idle threads end. */
  public static void modelFreed() {
    LibraryThreads.closed();
  }

  /** Returns whether a model of the process is open. */
  public static boolean isAnyModelOpen() {
    return LibraryThreads.isAnyOpen();
  }

  /** Turns a lane on a worker of its own until the task returns. */
  public void turn(Object lane, Runnable task) {
    lanes.execute(() -> runAs(lane, task));
  }

  private static void runAs(Object lane, Runnable task) {
    if (!(Thread.currentThread() instanceof Worker worker)) {
      FOREIGN_LANE.set(lane);
      try {
        task.run();
      } finally {
        FOREIGN_LANE.remove();
      }
      return;
    }
    worker.lane = lane;
    try {
      task.run();
    } finally {
      worker.lane = null;
      LibraryThreads.reset(worker);
    }
  }

  /** Returns the lane that the calling thread turns, or null. */
  static @Nullable Object lane() {
    if (Thread.currentThread() instanceof Worker worker) {
      return worker.lane;
    }
    return isAnyForeign ? FOREIGN_LANE.get() : null;
  }

  /**
   * Returns whether the calling thread is turning this lane: it must not wait for the lane, since
   * the lane may be waiting for it.
   */
  public static boolean isTurning(Object lane) {
    return lane() == lane;
  }

  /**
   * Returns whether the calling thread is one of these: it must not wait for what another call
   * began, since that may be waiting for this thread.
   */
  public static boolean isWorker() {
    return lane() != null;
  }

  /** Ends the threads after their work; no more is taken. */
  void close() {
    lanes.shutdown();
    LibraryThreads.forget(lanes);
  }

  boolean isClosed() {
    return lanes.isShutdown();
  }

  boolean awaitEnd(long timeoutNanos) {
    return LibraryThreads.awaitEnd(lanes, timeoutNanos);
  }

  private static final class Worker extends Thread {
    private @Nullable Object lane; // touched by this thread alone

    Worker(Runnable task, String name) {
      super(LibraryThreads.rootGroup(), task, name, 0, false);
    }
  }
}
