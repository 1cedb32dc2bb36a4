package dev.inproc.inference.batch;

import dev.inproc.inference.batch.Simulation.Ticket;
import java.util.List;

/** The most on time by trying every plan: any subset at any turn. For a handful of requests. */
final class BruteForce {
  private final List<Ticket> tickets;
  private final Service service;
  private final int maxBatchSize;

  private BruteForce(List<Ticket> tickets, Service service, int maxBatchSize) {
    this.tickets = tickets;
    this.service = service;
    this.maxBatchSize = maxBatchSize;
  }

  static int onTime(Trace trace, Service service, int maxBatchSize) {
    List<Ticket> tickets = Simulation.tickets(trace);
    return new BruteForce(tickets, service, maxBatchSize)
        .best((1 << tickets.size()) - 1, Long.MIN_VALUE);
  }

  private int best(int left, long now) {
    int best = 0;
    for (int batch = left; batch > 0; batch = (batch - 1) & left) {
      int rows = Integer.bitCount(batch);
      if (rows > maxBatchSize) {
        continue;
      }
      long start = now;
      long due = Long.MAX_VALUE;
      for (int i = 0; i < tickets.size(); i++) {
        if ((batch & (1 << i)) != 0) {
          start = Math.max(start, tickets.get(i).arrival);
          due = Math.min(due, tickets.get(i).deadline);
        }
      }
      long end = start + service.nanos(rows);
      if (end <= due) {
        best = Math.max(best, rows + best(left & ~batch, end));
      }
    }
    return best;
  }
}
