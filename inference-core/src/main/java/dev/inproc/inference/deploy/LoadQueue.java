package dev.inproc.inference.deploy;

import dev.inproc.inference.internal.concurrent.Workers;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * The loads of all deployments of the process: one at a time, in the order in which they came, each
 * on a worker of its own runtime. A load that was given up lets the next one begin, since a factory
 * may never return. Thread-safe.
 */
final class LoadQueue {
  private static final LoadQueue SHARED = new LoadQueue();

  // Guarded by this.
  private final Queue<Entry> waiting = new ArrayDeque<>();
  private @Nullable Entry running;

  LoadQueue() {}

  static LoadQueue shared() {
    return SHARED;
  }

  /** A load that waits or runs. */
  static final class Entry {
    private final Workers workers;
    private final Runnable load;
    private volatile @Nullable Thread thread; // while it runs

    private Entry(Workers workers, Runnable load) {
      this.workers = workers;
      this.load = load;
    }

    /** Returns whether the calling thread runs this load. */
    boolean isCurrent() {
      return thread == Thread.currentThread();
    }
  }

  /**
   * Runs a load after those before it. A thread that runs a load runs it itself, at once: a factory
   * may open another deployment.
   */
  Entry add(Workers workers, Runnable load) {
    Entry entry = new Entry(workers, load);
    synchronized (this) {
      Entry now = running;
      if (now == null || !now.isCurrent()) {
        waiting.add(entry);
        startNext();
        return entry;
      }
    }
    run(entry);
    return entry;
  }

  /** Takes a load out that has not begun; one that has begun no longer holds up the next. */
  synchronized void giveUp(Entry entry) {
    if (!waiting.remove(entry) && running == entry) {
      running = null;
      startNext();
    }
  }

  /** Under the lock. */
  private void startNext() {
    while (running == null) {
      Entry next = waiting.poll();
      if (next == null) {
        return;
      }
      running = next;
      try {
        next.workers.turn(next, () -> run(next));
      } catch (RuntimeException | OutOfMemoryError e) { // its runtime is closed, or has no thread
        Workers.shared().turn(next, () -> run(next));
      }
    }
  }

  private void run(Entry entry) {
    entry.thread = Thread.currentThread();
    try {
      entry.load.run();
    } finally {
      entry.thread = null;
      var unused = Thread.interrupted(); // a load that was given up is interrupted
      ended(entry);
    }
  }

  private synchronized void ended(Entry entry) {
    if (running == entry) {
      running = null;
      startNext();
    }
  }
}
