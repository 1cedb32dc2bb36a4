package dev.inproc.inference.internal.concurrent;

import java.security.AccessController;
import java.security.PrivilegedAction;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * How the library's threads begin and end. A thread is a daemon of normal priority and inherits
 * nothing from the caller whose work starts it: no thread locals, no context class loader, no
 * access-control context, no thread group. Each of these could keep an undeployed application's
 * class loader alive, or change how another application's work runs.
 *
 * <p>An idle thread ends after some seconds, and almost at once while no model is open: an
 * application that closed its models is then free of the library's threads. The next work starts
 * threads again.
 */
final class LibraryThreads {
  /** How long an idle thread stays while a model is open: starting one costs some 60 µs. */
  static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** And while none is. Not zero: work without a model, such as a test double's, is legal. */
  static final long LEAVING_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private static final int NO_ACCESS_CONTROL_CONTEXT = 24; // the first Java version without one

  // Guarded by the list.
  private static final List<ThreadPoolExecutor> POOLS = new ArrayList<>();
  private static int open;

  private LibraryThreads() {}

  /** Counts an opened model. */
  static void opened() {
    synchronized (POOLS) {
      if (open++ == 0) {
        POOLS.forEach(LibraryThreads::setIdleTime);
      }
    }
  }

  /** Counts a model that is closed and freed; after the last one, idle threads end. */
  static void closed() {
    synchronized (POOLS) {
      if (--open == 0) {
        POOLS.forEach(LibraryThreads::setIdleTime);
      }
    }
  }

  static boolean isAnyOpen() {
    synchronized (POOLS) {
      return open > 0;
    }
  }

  /** Has a pool's idle threads end as described above. */
  static <P extends ThreadPoolExecutor> P manage(P pool) {
    pool.setThreadFactory(new KnownThreads(pool.getThreadFactory()));
    synchronized (POOLS) {
      setIdleTime(pool);
      pool.allowCoreThreadTimeOut(true);
      POOLS.add(pool);
    }
    return pool;
  }

  /** Has a pool that was shut down no longer managed. */
  static void forget(ThreadPoolExecutor pool) {
    synchronized (POOLS) {
      POOLS.remove(pool);
    }
  }

  /** Waits until a pool that was shut down has no thread alive, whatever interrupts come. */
  static boolean awaitEnd(ThreadPoolExecutor pool, long timeoutNanos) {
    KnownThreads threads = (KnownThreads) pool.getThreadFactory();
    boolean interrupted = false;
    long end = System.nanoTime() + timeoutNanos;
    try {
      while (true) {
        try {
          return pool.awaitTermination(end - System.nanoTime(), TimeUnit.NANOSECONDS)
              && threads.join(end);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Knows a pool's threads: a pool says that it has ended while its last thread still ends. */
  private static final class KnownThreads implements ThreadFactory {
    private final ThreadFactory factory;
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();

    KnownThreads(ThreadFactory factory) {
      this.factory = factory;
    }

    @Override
    public Thread newThread(Runnable task) {
      threads.removeIf(thread -> thread.getState() == Thread.State.TERMINATED);
      Thread thread = factory.newThread(task);
      if (thread != null) {
        threads.add(thread);
      }
      return thread;
    }

    /** Returns whether all threads have ended before this time. */
    boolean join(long endNanos) throws InterruptedException {
      for (Thread thread : threads) {
        TimeUnit.NANOSECONDS.timedJoin(thread, endNanos - System.nanoTime());
        if (thread.isAlive()) {
          return false;
        }
      }
      return true;
    }
  }

  /** A shorter time interrupts the pool's idle threads, and each waits anew. */
  private static void setIdleTime(ThreadPoolExecutor pool) {
    pool.setKeepAliveTime(open == 0 ? LEAVING_NANOS : IDLE_NANOS, TimeUnit.NANOSECONDS);
  }

  /**
   * Returns a factory of such threads.
   *
   * @param maker calls Thread's constructor with {@link #rootGroup} and without thread locals
   */
  static ThreadFactory factory(Function<Runnable, Thread> maker) {
    return task -> {
      Thread thread = withoutCallers(() -> maker.apply(task));
      thread.setDaemon(true);
      reset(thread);
      return thread;
    };
  }

  /**
   * Undoes what a callback may have changed. The class loader that callbacks find services with is
   * the library's own: the thread keeps it alive in any case.
   */
  @SuppressWarnings("ThreadPriorityCheck") // it puts back what a callback changed
  static void reset(Thread thread) {
    if (thread.getPriority() != Thread.NORM_PRIORITY) {
      thread.setPriority(Thread.NORM_PRIORITY);
    }
    ClassLoader own = LibraryThreads.class.getClassLoader();
    if (thread.getContextClassLoader() != own) {
      thread.setContextClassLoader(own);
    }
  }

  /** Returns the group of all groups: another may be an application's. */
  static ThreadGroup rootGroup() {
    ThreadGroup group = Objects.requireNonNull(Thread.currentThread().getThreadGroup());
    while (group.getParent() != null) {
      group = group.getParent();
    }
    return group;
  }

  /**
   * Makes a thread without the callers on the stack. Before Java 24, a thread keeps the protection
   * domains, and so the class loaders, of all code on the stack of its constructor.
   */
  private static Thread withoutCallers(Supplier<Thread> maker) {
    return Runtime.version().feature() < NO_ACCESS_CONTROL_CONTEXT
        ? Privileged.get(maker)
        : maker.get();
  }

  /** Apart, so that a Java version without this class does not look for it. */
  private static final class Privileged {
    @SuppressWarnings("removal")
    static Thread get(Supplier<Thread> maker) {
      return AccessController.doPrivileged((PrivilegedAction<Thread>) maker::get);
    }
  }
}
