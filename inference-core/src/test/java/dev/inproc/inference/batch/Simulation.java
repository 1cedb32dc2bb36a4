package dev.inproc.inference.batch;

import dev.inproc.inference.CallOptions.Priority;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Runs the production policy in virtual time: requests are handed to it as they arrive, engines are
 * asked for as they become free, and nothing else is known to it. A request that is running when
 * its deadline passes is late; one that still waits then is dropped, as is one refused.
 */
public final class Simulation {
  /** What decides; the production policy, or something to compare it with. */
  interface Chooser {
    void add(Ticket ticket);

    long select(long nowNanos, List<Ticket> batch, List<Ticket> unmeetable);

    /** A run has ended. */
    default void ended(int rows, long nanos) {}
  }

  /** A request in virtual time. */
  static final class Ticket implements QueuedRequest {
    final int id;
    final long arrival;
    final long deadline;
    final Priority priority;
    long started = -1;
    long ended = -1;
    boolean gone;

    Ticket(int id, long arrival, long deadline, Priority priority) {
      this.id = id;
      this.arrival = arrival;
      this.deadline = deadline;
      this.priority = priority;
    }

    boolean isOnTime() {
      return ended >= 0 && ended <= deadline;
    }

    @Override
    public long arrivalNanos() {
      return arrival;
    }

    @Override
    public long deadlineNanos() {
      return deadline;
    }

    @Override
    public Priority priority() {
      return priority;
    }

    @Override
    public long bytes() {
      return 4;
    }

    @Override
    public boolean isGone() {
      return gone;
    }
  }

  /**
   * What came of it.
   *
   * @param onTime answered, and by the deadline if there was one
   * @param late answered after the deadline
   * @param dropped not answered: refused, or expired while waiting
   * @param meanWaitMicros from arrival to the start of the run, of those answered
   * @param p99LatencyMicros from arrival to the answer, of those answered
   */
  public record Outcome(
      int requests,
      int onTime,
      int late,
      int dropped,
      int batches,
      double meanWaitMicros,
      double p99LatencyMicros,
      double meanLatencyMicros) {}

  private record Run(long end, long nanos, List<Ticket> batch) {}

  private final Chooser chooser;
  private final Service service;
  private final int engines;
  private final PriorityQueue<Run> running =
      new PriorityQueue<>((a, b) -> Long.compare(a.end, b.end));
  private int batches;

  Simulation(Chooser chooser, Service service, int engines) {
    this.chooser = chooser;
    this.service = service;
    this.engines = engines;
  }

  /** Simulates the production policy, which knows what a run costs and how much that varies. */
  public static Outcome ofPolicy(Trace trace, Service service, int maxBatchSize, int engines) {
    Chooser chooser = policy(maxBatchSize, 0, service);
    return new Simulation(chooser, service, engines).run(tickets(trace));
  }

  /** Simulates the production policy, which has to learn what a run costs. */
  public static Outcome ofLearningPolicy(
      Trace trace, Service service, int maxBatchSize, int engines) {
    Chooser chooser = learning(maxBatchSize, new CostEstimator());
    return new Simulation(chooser, service, engines).run(tickets(trace));
  }

  static Chooser policy(int maxBatchSize, long maxDelayNanos, CostPredictor cost) {
    BatchPolicy<Ticket> policy = new BatchPolicy<>(maxBatchSize, maxDelayNanos, cost);
    return new Chooser() {
      @Override
      public void add(Ticket ticket) {
        policy.add(ticket);
      }

      @Override
      public long select(long nowNanos, List<Ticket> batch, List<Ticket> unmeetable) {
        return policy.select(nowNanos, batch, unmeetable);
      }
    };
  }

  static Chooser learning(int maxBatchSize, CostEstimator costs) {
    Chooser policy = policy(maxBatchSize, 0, costs);
    return new Chooser() {
      @Override
      public void add(Ticket ticket) {
        policy.add(ticket);
      }

      @Override
      public long select(long nowNanos, List<Ticket> batch, List<Ticket> unmeetable) {
        return policy.select(nowNanos, batch, unmeetable);
      }

      @Override
      public void ended(int rows, long nanos) {
        costs.record(rows, 4L * rows, nanos);
      }
    };
  }

  static List<Ticket> tickets(Trace trace) {
    List<Ticket> tickets = new ArrayList<>();
    for (Trace.Arrival each : trace.arrivals()) {
      tickets.add(
          new Ticket(tickets.size(), each.arrivalNanos(), each.deadlineNanos(), Priority.NORMAL));
    }
    return tickets;
  }

  /** Simulates requests in the order of their arrivals. */
  Outcome run(List<Ticket> tickets) {
    int next = 0;
    long askAgain = Long.MAX_VALUE;
    while (true) {
      long now = running.isEmpty() ? Long.MAX_VALUE : running.element().end;
      if (next < tickets.size()) {
        now = Math.min(now, tickets.get(next).arrival);
      }
      now = Math.min(now, askAgain);
      if (now == Long.MAX_VALUE) {
        return outcome(tickets, batches);
      }
      while (!running.isEmpty() && running.element().end == now) {
        end(running.remove());
      }
      for (; next < tickets.size() && tickets.get(next).arrival == now; next++) {
        chooser.add(tickets.get(next));
      }
      askAgain = Long.MAX_VALUE;
      while (running.size() < engines) {
        long wait = start(now);
        if (wait > 0) {
          askAgain = wait == Long.MAX_VALUE ? wait : now + wait;
          break;
        }
      }
    }
  }

  private long start(long now) {
    List<Ticket> batch = new ArrayList<>();
    List<Ticket> unmeetable = new ArrayList<>();
    long wait = chooser.select(now, batch, unmeetable);
    for (Ticket each : unmeetable) {
      take(each);
    }
    if (wait > 0) {
      if (!batch.isEmpty()) {
        throw new AssertionError("A batch of " + batch.size() + " with a wait of " + wait);
      }
      return wait;
    }
    if (batch.isEmpty()) {
      throw new AssertionError("An empty batch to be run now");
    }
    for (Ticket each : batch) {
      take(each);
      each.started = now;
    }
    long nanos = service.run(batch.size());
    running.add(new Run(now + nanos, nanos, batch));
    batches++;
    return 0;
  }

  private static void take(Ticket ticket) {
    if (ticket.gone) {
      throw new AssertionError("Request " + ticket.id + " was taken twice, or when gone");
    }
    ticket.gone = true;
  }

  private void end(Run run) {
    for (Ticket each : run.batch) {
      each.ended = run.end;
    }
    chooser.ended(run.batch.size(), run.nanos);
  }

  static Outcome outcome(List<Ticket> tickets, int batches) {
    int onTime = 0;
    int late = 0;
    double wait = 0;
    double latency = 0;
    List<Ticket> answered = tickets.stream().filter(each -> each.ended >= 0).toList();
    long[] latencies = answered.stream().mapToLong(each -> each.ended - each.arrival).toArray();
    Arrays.sort(latencies);
    for (Ticket each : answered) {
      wait += each.started - each.arrival;
      latency += each.ended - each.arrival;
      if (each.isOnTime()) {
        onTime++;
      } else {
        late++;
      }
    }
    int n = latencies.length;
    return new Outcome(
        tickets.size(),
        onTime,
        late,
        tickets.size() - n,
        batches,
        n == 0 ? 0 : wait / n / 1e3,
        n == 0 ? 0 : latencies[(int) Math.ceil(0.99 * n) - 1] / 1e3,
        n == 0 ? 0 : latency / n / 1e3);
  }
}
