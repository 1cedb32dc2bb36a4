package dev.inproc.inference.batch;

/**
 * Plans runs over requests in the order of their deadlines, on what runs cost at a quantile. The
 * first run of the plan is what counts: by the next, more will be known.
 */
final class Planner {
  private final int maxBatchSize;
  private final RunCost cost;
  private final long[] left; // nanoseconds to the deadline
  private final long[] bytes; // of all requests before
  private final long[] worth; // of all requests before
  private int count;
  private double quantile;
  private int start;
  private int rows;
  private boolean losing;

  Planner(int maxBatchSize, int lookAhead, RunCost cost) {
    this.maxBatchSize = maxBatchSize;
    this.cost = cost;
    left = new long[lookAhead];
    bytes = new long[lookAhead + 1];
    worth = new long[lookAhead + 1];
  }

  /** Takes in what waits; returns whether those that came first must leave first. */
  boolean load(Timed<?> waiting, long nowNanos) {
    count = waiting.count();
    boolean inOrder = true;
    for (int i = 0; i < count; i++) {
      Waiting request = waiting.at(i);
      left[i] = request.deadlineNanos() - nowNanos;
      bytes[i + 1] = bytes[i] + Math.max(0, request.bytes());
      worth[i + 1] = worth[i] + Untimed.weight(request.priority());
      inOrder &= i == 0 || waiting.at(i - 1).arrivalNanos() - request.arrivalNanos() <= 0;
    }
    return inOrder && worth[count] == count * worth[1];
  }

  /** Where the first run begins. */
  int start() {
    return start;
  }

  /** The rows of the first run; 0 if nothing can be met. */
  int rows() {
    return rows;
  }

  /** Whether the plan leaves somebody behind. */
  boolean isLosing() {
    return losing;
  }

  /** Plans the first run. */
  void plan(double planQuantile, boolean inOrder) {
    quantile = planQuantile;
    if (!cost.isKnown()) {
      choose(0, Math.min(maxBatchSize, count), false);
      return;
    }
    int head = largest(0, 0);
    if (head == Math.min(maxBatchSize, count)
        || (head > 0 && total(0, head, 0, 0) == worth[count])) {
      choose(0, head, false);
      return;
    }
    choose(0, head, true);
    double best = -1;
    int largest = 0;
    for (int i = 0; i < count && largest < Math.min(maxBatchSize, count - i); i++) {
      int size = largest(i, 0);
      if (size > largest) {
        largest = size;
        double value = inOrder ? size : total(i, size, 0, 0);
        if (value > best) {
          best = value;
          choose(i, size, true);
        }
      }
    }
  }

  private void choose(int from, int size, boolean isLosing) {
    start = from;
    rows = size;
    losing = isLosing;
  }

  /** What is met in all if this is run first, with riders, and then always the most that can be. */
  double total(int from, int size, int riders, long riderBytes) {
    double met = worth[from + size] - worth[from];
    double now = nanos(from, size, riders, riderBytes);
    int next = from + size;
    while (next < count) {
      int more = largest(next, now);
      if (more == 0) {
        next++;
        continue;
      }
      met += worth[next + more] - worth[next];
      now += nanos(next, more, 0, 0);
      next += more;
    }
    return met;
  }

  /** Whether a run with riders ends before its first deadline. */
  boolean fits(int from, int size, int riders, long riderBytes) {
    return size == 0 || nanos(from, size, riders, riderBytes) <= left[from];
  }

  /** The most rows from here that, started then, end before the first's deadline. */
  private int largest(int from, double startNanos) {
    int low = 0;
    int high = Math.min(maxBatchSize, count - from);
    if (startNanos + nanos(from, high, 0, 0) <= left[from]) {
      return high;
    }
    high--;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (startNanos + nanos(from, middle, 0, 0) <= left[from]) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  private double nanos(int from, int size, int riders, long riderBytes) {
    long all = bytes[from + size] - bytes[from] + riderBytes;
    return cost.nanos(size + riders, all, quantile);
  }
}
