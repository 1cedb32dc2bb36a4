package dev.inproc.inference.testing;

import dev.inproc.inference.internal.concurrent.Timer;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * A timer whose time passes only when a test says so. {@link #advance} runs what has come due, on
 * the calling thread, in the order of the times and, among equals, of scheduling. Thread-safe.
 */
public final class ManualTimer implements Timer {
  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>(
          Comparator.<Task>comparingLong(task -> task.due)
              .thenComparingLong(task -> task.sequence));
  private long now = 1_000_000_000;
  private long scheduled;

  /** Creates one whose time stands still. */
  public ManualTimer() {}

  private static final class Task {
    private final Runnable action;
    private final long due;
    private final long sequence;

    Task(Runnable action, long due, long sequence) {
      this.action = action;
      this.due = due;
      this.sequence = sequence;
    }
  }

  @Override
  public synchronized long nanoTime() {
    return now;
  }

  @Override
  public synchronized Scheduled schedule(Runnable action, long delayNanos) {
    long due = now + Math.min(Math.max(0, delayNanos), Long.MAX_VALUE - now);
    Task task = new Task(action, due, scheduled++);
    tasks.add(task);
    return () -> forget(task);
  }

  private synchronized void forget(Task task) {
    tasks.remove(task);
  }

  /** Lets time pass; what a due task schedules within that time runs too. */
  public void advance(long nanos) {
    long end;
    synchronized (this) {
      end = now + nanos;
    }
    for (Task task = next(end); task != null; task = next(end)) {
      task.action.run(); // outside the lock: a task may schedule and cancel others
    }
  }

  /** Lets so many milliseconds pass. */
  public void advanceMillis(long millis) {
    advance(millis * 1_000_000);
  }

  private synchronized @Nullable Task next(long end) {
    Task first = tasks.peek();
    if (first == null || first.due > end) {
      now = Math.max(now, end);
      return null;
    }
    tasks.remove();
    now = Math.max(now, first.due);
    return first;
  }

  /** Returns how many tasks wait: those left over leak. */
  public synchronized int pending() {
    return tasks.size();
  }

  /** Returns how many tasks were ever scheduled. */
  public synchronized long scheduled() {
    return scheduled;
  }
}
