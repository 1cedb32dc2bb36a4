package dev.inproc.inference.batch;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * The most requests that can be on time if all arrivals are known beforehand: one engine, runs of
 * {@code fixed + perItem·rows}, equal relative deadlines.
 *
 * <p>With equal relative deadlines, deadlines come in the order of arrivals, and some best plan
 * runs its requests in that order: exchanging two on-time requests that are out of order leaves
 * both on time. Between the first and the last request of a batch there is then no gap either: a
 * request passed over within a batch could take the place of the batch's last one, which came
 * later. So a plan is a sequence of contiguous batches with gaps between. Dynamic programming over
 * them: for each number of requests met, the earliest end of a plan that has met so many out of the
 * first i. A batch of the requests i to j starts when the plan before it has ended and j has come,
 * and must end by the deadline of i.
 */
public final class OfflineOptimum {
  private static final long MOST_CELLS = 200_000_000;

  private final long[] arrival;
  private final long[] deadline;
  private final long[] run; // by rows
  private final int losses; // those of a plan that is known; more cannot be best
  private final short[][] batch; // the last batch of the best plan, by requests seen and lost
  private int lost;

  private OfflineOptimum(Trace trace, Service service, int maxBatchSize) {
    int n = trace.arrivals().size();
    arrival = new long[n];
    deadline = new long[n];
    for (int i = 0; i < n; i++) {
      Trace.Arrival each = trace.arrivals().get(i);
      arrival[i] = each.arrivalNanos();
      deadline[i] = each.deadlineNanos();
      if (!each.isTimed() || (i > 0 && deadline[i] < deadline[i - 1])) {
        throw new IllegalArgumentException(
            "The oracle needs a deadline for each request, in the order of the arrivals, as equal"
                + " relative deadlines are; request "
                + (i + 1)
                + " by arrival "
                + (each.isTimed() ? "is due before the one that came before it" : "has none"));
      }
    }
    run = new long[maxBatchSize + 1];
    for (int rows = 1; rows <= maxBatchSize; rows++) {
      run[rows] = service.nanos(rows);
    }
    losses = n - greedy(arrival, deadline, run);
    if ((n + 1L) * (losses + 1) > MOST_CELLS) {
      throw new IllegalArgumentException(
          "The oracle's table of "
              + (n + 1)
              + " × "
              + (losses + 1)
              + " is too large; expected at most "
              + MOST_CELLS
              + " cells: give it a shorter trace");
    }
    batch = new short[n + 1][losses + 1];
    solve();
  }

  /** Returns the most on time. Takes time in requests by requests lost by the largest batch. */
  public static int onTime(Trace trace, Service service, int maxBatchSize) {
    return trace.arrivals().size() - new OfflineOptimum(trace, service, maxBatchSize).lost;
  }

  /** Returns what comes of a best plan. */
  public static Simulation.Outcome outcome(Trace trace, Service service, int maxBatchSize) {
    List<Simulation.Ticket> tickets = Simulation.tickets(trace);
    OfflineOptimum optimum = new OfflineOptimum(trace, service, maxBatchSize);
    return Simulation.outcome(tickets, optimum.replay(tickets));
  }

  private void solve() {
    int n = arrival.length;
    int maxBatchSize = run.length - 1;
    int rings = maxBatchSize + 1;
    // By requests seen, in a ring, and lost: the earliest end of a plan; MAX if there is none.
    long[][] ends = new long[rings][losses + 1];
    Arrays.fill(ends[0], Long.MAX_VALUE);
    ends[0][0] = Long.MIN_VALUE;
    for (int i = 1; i <= n; i++) {
      long[] here = ends[i % rings];
      System.arraycopy(ends[(i - 1) % rings], 0, here, 1, losses);
      here[0] = Long.MAX_VALUE;
      for (int rows = 1; rows <= Math.min(maxBatchSize, i); rows++) {
        long latest = deadline[i - rows] - run[rows];
        if (latest < arrival[i - 1]) {
          break; // a larger batch has an earlier deadline and runs longer
        }
        long[] before = ends[(i - rows) % rings];
        for (int k = 0; k <= losses; k++) {
          if (before[k] <= latest) {
            long end = Math.max(before[k], arrival[i - 1]) + run[rows];
            if (end < here[k]) {
              here[k] = end;
              batch[i][k] = (short) rows;
            }
          }
        }
      }
    }
    while (ends[n % rings][lost] == Long.MAX_VALUE) {
      lost++;
    }
  }

  /** Gives the requests their times; returns how many batches there are. */
  private int replay(List<Simulation.Ticket> tickets) {
    Deque<int[]> runs = new ArrayDeque<>();
    int k = lost;
    for (int i = arrival.length; i > 0; ) {
      int rows = batch[i][k];
      if (rows == 0) {
        i--;
        k--;
      } else {
        runs.push(new int[] {i - rows, i});
        i -= rows;
      }
    }
    long now = Long.MIN_VALUE;
    for (int[] each : runs) {
      long start = Math.max(now, arrival[each[1] - 1]);
      now = start + run[each[1] - each[0]];
      for (int i = each[0]; i < each[1]; i++) {
        tickets.get(i).started = start;
        tickets.get(i).ended = now;
      }
    }
    return runs.size();
  }

  /** Some plan's count, for a bound: the largest batch in time, of what is there. */
  private static int greedy(long[] arrival, long[] deadline, long[] run) {
    int n = arrival.length;
    int met = 0;
    long now = Long.MIN_VALUE;
    int next = 0;
    while (next < n) {
      now = Math.max(now, arrival[next]);
      int come = next;
      while (come < n && arrival[come] <= now) {
        come++;
      }
      int from = next;
      int best = 0;
      for (int i = next; i < come; i++) {
        int size = Math.min(run.length - 1, come - i);
        while (size > best && now + run[size] > deadline[i]) {
          size--;
        }
        if (size > best) {
          best = size;
          from = i;
        }
      }
      if (best == 0) {
        next = come;
      } else {
        met += best;
        now += run[best];
        next = from + best;
      }
    }
    return met;
  }
}
