package dev.inproc.inference.deploy;

import dev.inproc.inference.internal.concurrent.Workers;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The loads of all deployments of the process: one at a time, in the order in which they came, each
 * on a worker of its own runtime. A load that was given up lets the next one begin, since a factory
 * may never return. Thread-safe.
 */
final class LoadQueue {
  private static final LoadQueue SHARED = new LoadQueue();

  private final Set<Thread> loaders = ConcurrentHashMap.newKeySet(); // the given up ones too

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
    private boolean hasBegun; // guarded by the queue

    Entry(Workers workers, Runnable load) {
      this.workers = workers;
      this.load = load;
    }
  }

  /**
   * Runs a load after those before it. A thread that runs a load runs it itself, at once: a factory
   * may open another deployment.
   */
  void add(Entry entry) {
    if (isLoading()) {
      runIfWaiting(entry);
      return;
    }
    synchronized (this) {
      if (!entry.hasBegun) { // a loading thread joined it
        waiting.add(entry);
        startNext();
      }
    }
  }

  /**
   * Prepares the calling thread to wait for a load that another added or is about to add. A thread
   * that runs a load runs this one too if it has not begun, since the queue waits for that thread.
   */
  void joined(Entry entry) {
    if (isLoading()) {
      runIfWaiting(entry);
    }
  }

  private void runIfWaiting(Entry entry) {
    synchronized (this) {
      if (entry.hasBegun) {
        return;
      }
      entry.hasBegun = true;
      waiting.remove(entry);
    }
    run(entry);
  }

  /**
   * Takes a load out that has not begun; one that has begun no longer holds up the next.
   *
   * @return whether it never begins
   */
  synchronized boolean giveUp(Entry entry) {
    if (waiting.remove(entry)) {
      return true;
    }
    if (running == entry) {
      running = null;
      startNext();
    }
    return false;
  }

  /** Returns whether the calling thread runs a load: it must not wait for its end. */
  boolean isLoading() {
    return loaders.contains(Thread.currentThread());
  }

  /** Under the lock. */
  private void startNext() {
    while (running == null) {
      Entry next = waiting.poll();
      if (next == null) {
        return;
      }
      running = next;
      next.hasBegun = true;
      try {
        next.workers.turn(next, () -> run(next));
      } catch (RuntimeException | OutOfMemoryError e) { // its runtime is closed, or has no thread
        Workers.shared().turn(next, () -> run(next));
      }
    }
  }

  private void run(Entry entry) {
    boolean isOutermost = loaders.add(Thread.currentThread());
    try {
      entry.load.run();
    } finally {
      if (isOutermost) {
        loaders.remove(Thread.currentThread());
      }
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
