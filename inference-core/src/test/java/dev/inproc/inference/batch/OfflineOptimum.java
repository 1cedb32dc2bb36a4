package dev.inproc.inference.batch;

import java.util.Arrays;

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
  private OfflineOptimum() {}

  /** Returns the most on time. Takes time in the square of the requests, by the largest batch. */
  public static int onTime(Trace trace, Service service, int maxBatchSize) {
    int n = trace.arrivals().size();
    long[] arrival = new long[n];
    long[] deadline = new long[n];
    for (int i = 0; i < n; i++) {
      arrival[i] = trace.arrivals().get(i).arrivalNanos();
      deadline[i] = trace.arrivals().get(i).deadlineNanos();
      if (i > 0 && deadline[i] - deadline[i - 1] < 0) {
        throw new IllegalArgumentException(
            "The exact optimum needs deadlines in the order of arrivals, as equal relative"
                + " deadlines are; request "
                + (i + 1)
                + " by arrival is due before the one that came before it");
      }
    }
    return onTime(arrival, deadline, service, maxBatchSize);
  }

  private static int onTime(long[] arrival, long[] deadline, Service service, int maxBatchSize) {
    int n = arrival.length;
    long[] run = new long[maxBatchSize + 1];
    for (int b = 1; b <= maxBatchSize; b++) {
      run[b] = Math.round(service.nanos(b, 0));
    }
    // ends[i % (B+1)][k]: the earliest end of a plan with k met among the first i, MAX if none.
    // Only so many losses are kept as a plan that is already known has: more cannot be best.
    int losses = n - greedy(arrival, deadline, run);
    int rings = maxBatchSize + 1;
    long[][] ends = new long[rings][losses + 1]; // by the number lost: i - k
    for (long[] row : ends) {
      Arrays.fill(row, Long.MAX_VALUE);
    }
    ends[0][0] = Long.MIN_VALUE;
    for (int i = 1; i <= n; i++) {
      long[] here = ends[i % rings];
      Arrays.fill(here, Long.MAX_VALUE);
      System.arraycopy(ends[(i - 1) % rings], 0, here, 1, losses);
      for (int b = 1; b <= Math.min(maxBatchSize, i); b++) {
        long latest = deadline[i - b] - run[b];
        if (latest < arrival[i - 1]) {
          break; // a larger batch starts with an earlier deadline and runs longer
        }
        long[] before = ends[(i - b) % rings];
        for (int lost = 0; lost <= losses; lost++) {
          if (before[lost] <= latest) {
            here[lost] = Math.min(here[lost], Math.max(before[lost], arrival[i - 1]) + run[b]);
          }
        }
      }
    }
    for (int lost = 0; lost <= losses; lost++) {
      if (ends[n % rings][lost] != Long.MAX_VALUE) {
        return n - lost;
      }
    }
    throw new AssertionError("Losing as many as the greedy plan must be possible");
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
