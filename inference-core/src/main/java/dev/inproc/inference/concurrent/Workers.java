package dev.inproc.inference.concurrent;

import java.util.concurrent.LinkedBlockingQueue;
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
 * <p>Two kinds of work, apart, because each bounds itself differently. A <em>lane</em> turns one
 * model's queue and limits how many threads it asks for, so its pool is unbounded. A
 * <em>notice</em> completes futures that the timer gave up on; a burst of ten thousand must not
 * start as many threads, so they share a few. A callback that blocks such a thread delays other
 * notices, never an answer.
 */
public final class Workers {
  private static final Workers SHARED = new Workers();
  private static final int NOTICE_THREADS = 8;

  private final ThreadPoolExecutor lanes;
  private final ThreadPoolExecutor notices;

  Workers() {
    lanes =
        LibraryThreads.manage(
            new ThreadPoolExecutor(
                0,
                Integer.MAX_VALUE,
                LibraryThreads.IDLE_NANOS,
                TimeUnit.NANOSECONDS,
                new SynchronousQueue<>(),
                factory("inproc-worker-")));
    notices =
        LibraryThreads.manage(
            new ThreadPoolExecutor(
                NOTICE_THREADS,
                NOTICE_THREADS,
                LibraryThreads.IDLE_NANOS,
                TimeUnit.NANOSECONDS,
                new LinkedBlockingQueue<>(),
                factory("inproc-notice-")));
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

  /** Turns a lane on a worker of its own until the task returns. */
  public void turn(Object lane, Runnable task) {
    lanes.execute(() -> runAs(lane, task));
  }

  private static void runAs(Object lane, Runnable task) {
    Worker worker = (Worker) Thread.currentThread();
    worker.lane = lane;
    try {
      task.run();
    } finally {
      worker.lane = null;
      LibraryThreads.reset(worker);
    }
  }

  /** Completes something on behalf of the timer. */
  public void notice(Runnable task) {
    notices.execute(() -> runAs(notices, task));
  }

  /** Returns whether the calling thread gives notices: it must not wait for a run. */
  public static boolean isNoticing() {
    return isTurning(SHARED.notices);
  }

  /**
   * Returns whether the calling thread is turning this lane: it must not wait for the lane, since
   * the lane may be waiting for it.
   */
  public static boolean isTurning(Object lane) {
    return Thread.currentThread() instanceof Worker worker && worker.lane == lane;
  }

  /**
   * Returns whether the calling thread is one of these: it must not wait for what another call
   * began, since that may be waiting for this thread.
   */
  public static boolean isWorker() {
    return Thread.currentThread() instanceof Worker;
  }

  private static final class Worker extends Thread {
    private @Nullable Object lane; // touched by this thread alone

    Worker(Runnable task, String name) {
      super(LibraryThreads.rootGroup(), task, name, 0, false);
    }
  }
}
