package dev.inproc.inference.batch;

import dev.inproc.inference.batch.Simulation.Chooser;
import dev.inproc.inference.batch.Simulation.Ticket;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;

/** Policies to be measured against; they know what a run costs, as the production policy does. */
final class Rivals {
  private Rivals() {}

  /** First come, first served, whatever is there, up to the cap; drops nothing. */
  static Chooser greedy(int maxBatchSize) {
    return window(maxBatchSize, 0);
  }

  /** As greedy, but waits until the batch is full or its oldest has waited so long. */
  static Chooser window(int maxBatchSize, long delayNanos) {
    Queue<Ticket> queue = new ArrayDeque<>();
    return new Chooser() {
      @Override
      public void add(Ticket ticket) {
        queue.add(ticket);
      }

      @Override
      public long select(long nowNanos, List<Ticket> batch, List<Ticket> unmeetable) {
        if (queue.isEmpty()) {
          return Long.MAX_VALUE;
        }
        long waited = nowNanos - queue.element().arrival;
        if (queue.size() < maxBatchSize && waited < delayNanos) {
          return delayNanos - waited;
        }
        while (batch.size() < maxBatchSize && !queue.isEmpty()) {
          batch.add(queue.remove());
        }
        return 0;
      }
    };
  }

  /** First come, first served; drops those that have no chance even alone, and looks no further. */
  static Chooser dropLate(int maxBatchSize, Service service) {
    Queue<Ticket> queue = new ArrayDeque<>();
    return new Chooser() {
      @Override
      public void add(Ticket ticket) {
        queue.add(ticket);
      }

      @Override
      public long select(long nowNanos, List<Ticket> batch, List<Ticket> unmeetable) {
        while (batch.size() < maxBatchSize && !queue.isEmpty()) {
          Ticket next = queue.remove();
          (next.deadline - nowNanos < service.nanos(1) ? unmeetable : batch).add(next);
        }
        return batch.isEmpty() ? Long.MAX_VALUE : 0;
      }
    };
  }

  /** Earliest deadline first, and of that line the largest contiguous batch that is in time. */
  static Chooser largestFeasible(int maxBatchSize, Service service) {
    PriorityQueue<Ticket> queue = new PriorityQueue<>(byDeadline());
    return new Chooser() {
      @Override
      public void add(Ticket ticket) {
        queue.add(ticket);
      }

      @Override
      public long select(long nowNanos, List<Ticket> batch, List<Ticket> unmeetable) {
        return takeLargest(queue, maxBatchSize, service, nowNanos, batch, unmeetable);
      }
    };
  }

  /** Whoever gives little time is always served before the others, those by the largest batch. */
  static Chooser urgentFirst(int maxBatchSize, Service service, long urgentNanos) {
    PriorityQueue<Ticket> urgent = new PriorityQueue<>(byDeadline());
    PriorityQueue<Ticket> others = new PriorityQueue<>(byDeadline());
    return new Chooser() {
      @Override
      public void add(Ticket ticket) {
        (ticket.deadline - ticket.arrival <= urgentNanos ? urgent : others).add(ticket);
      }

      @Override
      public long select(long nowNanos, List<Ticket> batch, List<Ticket> unmeetable) {
        dropLate(urgent, service, nowNanos, unmeetable);
        if (urgent.isEmpty()) {
          return takeLargest(others, maxBatchSize, service, nowNanos, batch, unmeetable);
        }
        int rows = largest(urgent.element(), maxBatchSize, service, nowNanos);
        while (batch.size() < rows && !urgent.isEmpty()) {
          batch.add(urgent.remove());
        }
        int most = Math.min(rows, batch.size() + others.size());
        while (batch.size() < most && !others.isEmpty()) {
          Ticket next = others.remove();
          (next.deadline - nowNanos < service.nanos(most) ? unmeetable : batch).add(next);
        }
        return 0;
      }
    };
  }

  private static Comparator<Ticket> byDeadline() {
    return Comparator.<Ticket>comparingLong(each -> each.deadline)
        .thenComparingInt(each -> each.id);
  }

  private static void dropLate(
      Queue<Ticket> queue, Service service, long nowNanos, List<Ticket> unmeetable) {
    while (!queue.isEmpty() && queue.element().deadline - nowNanos < service.nanos(1)) {
      unmeetable.add(queue.remove());
    }
  }

  private static int largest(Ticket first, int most, Service service, long nowNanos) {
    int rows = most;
    while (rows > 1 && nowNanos + service.nanos(rows) > first.deadline) {
      rows--;
    }
    return rows;
  }

  private static long takeLargest(
      PriorityQueue<Ticket> queue,
      int maxBatchSize,
      Service service,
      long nowNanos,
      List<Ticket> batch,
      List<Ticket> unmeetable) {
    dropLate(queue, service, nowNanos, unmeetable);
    if (queue.isEmpty()) {
      return Long.MAX_VALUE;
    }
    List<Ticket> line = queue.stream().sorted(queue.comparator()).toList();
    int from = 0;
    int best = 0;
    for (int i = 0; i < line.size() && best < Math.min(maxBatchSize, line.size() - i); i++) {
      int most = Math.min(maxBatchSize, line.size() - i);
      int rows = largest(line.get(i), most, service, nowNanos);
      if (rows > best) {
        best = rows;
        from = i;
      }
    }
    for (int i = 0; i < from; i++) {
      unmeetable.add(queue.remove());
    }
    for (int i = 0; i < best; i++) {
      batch.add(queue.remove());
    }
    return 0;
  }
}
