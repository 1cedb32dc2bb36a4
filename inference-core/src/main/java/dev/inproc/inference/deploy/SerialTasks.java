package dev.inproc.inference.deploy;

import dev.inproc.inference.internal.concurrent.Workers;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Runs tasks one after the other, in their order, on a worker thread that exists only while there
 * are some. Thread-safe.
 */
final class SerialTasks {
  private final Workers workers;

  // Guarded by this.
  private final Queue<Runnable> queue = new ArrayDeque<>();
  private boolean isRunning;

  SerialTasks(Workers workers) {
    this.workers = workers;
  }

  /** Runs a task after those before it. Never blocks. */
  void add(Runnable task) {
    synchronized (this) {
      queue.add(task);
      if (isRunning) {
        return;
      }
      isRunning = true;
    }
    try {
      workers.turn(this, this::run);
    } catch (RuntimeException | OutOfMemoryError e) { // the runtime is closed, or has no thread
      Workers.shared().turn(this, this::run);
    }
  }

  private void run() {
    while (true) {
      Runnable task;
      synchronized (this) {
        task = queue.poll();
        if (task == null) {
          isRunning = false;
          return;
        }
      }
      try {
        task.run();
      } catch (RuntimeException | Error e) {
        LaneLoader.LOG.log(Level.WARNING, "A task of a deployment failed", e);
      }
    }
  }
}
