package dev.inproc.benchmarks.load;

import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;

/** Time that passes as events happen; one thread. */
final class VirtualClock implements Clock {
  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private long now = 1_000_000_000;
  private long sequence;

  private record Event(long time, long sequence, Runnable task) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      return time == other.time
          ? Long.compare(sequence, other.sequence)
          : Long.compare(time, other.time);
    }
  }

  void at(long time, Runnable task) {
    events.add(new Event(time, sequence++, task));
  }

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public void sleepUntil(long nanos) {
    while (!events.isEmpty() && events.element().time <= nanos) {
      next();
    }
    now = Math.max(now, nanos);
  }

  @Override
  public void await(CompletableFuture<?> future) {
    while (!future.isDone()) {
      next();
    }
  }

  private void next() {
    Event event = events.remove();
    now = Math.max(now, event.time);
    event.task.run();
  }
}
