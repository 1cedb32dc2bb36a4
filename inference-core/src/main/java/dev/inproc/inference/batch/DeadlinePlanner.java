package dev.inproc.inference.batch;

import dev.inproc.inference.internal.calls.PriorityTurns;
import java.util.Arrays;

/**
 * Plans runs over the requests whose deadlines are earliest, on what runs cost at a quantile. Only
 * the first run of a plan is run: by the next, more will be known.
 *
 * <p>Greedy: it repeatedly runs the largest batch that finishes before its earliest deadline. If
 * that meets every deadline, the plan uses it; no other order finishes any prefix of the requests
 * sooner. The requests expected to arrive during the first run count too: in an overload that
 * lasts, a small first run that meets every waiting request leaves more behind than the next run
 * can meet. Otherwise some request has to be left behind. Each request in turn is tried as the
 * earliest of the first run: it bounds the end of the run and so its size, and the run is filled up
 * with what is worth most, then with what is due first. A run is valued by what it meets, and by
 * {@value #LATER} of what the runs after it still could: newcomers will compete for that time. With
 * one timeout and one priority for all, this comes close to the rule of the largest feasible batch.
 *
 * <p>A request of a class of priority is worth 64 of the class below. Within a class, one that
 * gives less than two thirds of the usual time is worth 6, less than one third 32. Urgent requests
 * are rare by definition. Counting requests alone would drop them whenever that allows a slightly
 * larger batch.
 *
 * <p>A request whose deadline is far is worth 32 too once it has waited 1.5 times the usual time.
 * It stands behind the requests with earlier deadlines, and in an overload that lasts there are
 * always such requests. As one of many it would be met no more often than they are.
 */
final class DeadlinePlanner {
  private static final double LATER = 0.3;
  private static final int STEPS = 8;
  private static final int LEVELS = 9; // three of hurry in each of three classes
  private static final int[] HURRIES = {1, 6, 32};

  /** Times the usual time to a deadline: a request that has waited so long gives much more. */
  private static final double PASSED_OVER = 1.5;

  private final int maxBatchSize;
  private final CostPredictor cost;
  private long[] left = {}; // nanoseconds to the deadline
  private long[] bytes = {0}; // of all requests before
  private int[] level = {}; // of worth
  private long[] restLeft = {};
  private long[] restBytes = {0};
  private long[] restWorth = {0};
  private boolean[] isChosen = {};
  private int[] chosen = {}; // the earliest deadline first, then by worth
  private int count;
  private int rows;
  private int rest;
  private double quantile;
  private double shortest; // run of a single row
  private long leastBytes;
  private boolean losing;
  private double usual; // nanoseconds from arrival to deadline
  private double gap; // nanoseconds between two arrivals
  private int topLevel;
  private int bottomLevel;

  DeadlinePlanner(int maxBatchSize, CostPredictor cost) {
    this.maxBatchSize = maxBatchSize;
    this.cost = cost;
  }

  /** The arrays grow with the first requests: an idle model needs none. */
  private void enlarge(int least) {
    int size = Math.max(least, 2 * left.length);
    left = new long[size];
    bytes = new long[size + 1];
    level = new int[size];
    restLeft = new long[size];
    restBytes = new long[size + 1];
    restWorth = new long[size + 1];
    isChosen = new boolean[size];
    chosen = new int[size];
  }

  /**
   * Takes in the requests that wait.
   *
   * @param usualNanos the time from arrival to deadline that requests usually have
   * @param gapNanos the time between two arrivals; infinite if none is expected
   */
  void load(DeadlineQueue<?> waiting, long nowNanos, double usualNanos, double gapNanos) {
    count = waiting.count();
    if (count + mostExpected() > left.length) {
      enlarge(count + mostExpected());
    }
    usual = usualNanos;
    gap = gapNanos;
    topLevel = 0;
    bottomLevel = LEVELS;
    leastBytes = Long.MAX_VALUE;
    for (int i = 0; i < count; i++) {
      QueuedRequest request = waiting.at(i);
      left[i] = request.deadlineNanos() - nowNanos;
      bytes[i + 1] = bytes[i] + request.bytes();
      leastBytes = Math.min(leastBytes, request.bytes());
      double given = request.deadlineNanos() - request.arrivalNanos();
      boolean isPassedOver = nowNanos - request.arrivalNanos() > PASSED_OVER * usualNanos;
      int hurry = given * 3 < usualNanos || isPassedOver ? 2 : given * 1.5 < usualNanos ? 1 : 0;
      level[i] = 3 * PriorityTurns.rank(request.priority()) + hurry;
      topLevel = Math.max(topLevel, level[i]);
      bottomLevel = Math.min(bottomLevel, level[i]);
    }
  }

  private static long worth(int level) {
    return (long) HURRIES[level % 3] << (6 * (level / 3));
  }

  /** The rows of the first run; 0 if nothing can be met. */
  int rows() {
    return rows;
  }

  /** Whether the first run holds the request at a place of the window. */
  boolean isChosen(int index) {
    return isChosen[index];
  }

  /** The nanoseconds of the first run; 0 if they are not known. */
  double runNanos() {
    return rows == 0 || !cost.isKnown() ? 0 : nanos(chosenBytes(rows), rows);
  }

  /** Whether the plan leaves a request behind. */
  boolean isLosing() {
    return losing;
  }

  /** Plans the first run. */
  void plan(double planQuantile) {
    quantile = planQuantile;
    shortest = nanos(leastBytes, 1);
    losing = false;
    int full = Math.min(maxBatchSize, count);
    if (!cost.isKnown()) {
      choose(0, full, true);
      return;
    }
    int head = largest(left, bytes, 0, count, 0);
    if (head == count) {
      choose(0, head, false);
      return;
    }
    if (head > 0
        && (meetsAll(firstOf(topLevel), true) || meetsAll(0, true) || meetsAll(0, false))) {
      return;
    }
    losing = true;
    double best = 0;
    int bestFirst = 0;
    int largest = 0;
    int highest = -1;
    int step = Math.max(1, maxBatchSize / STEPS);
    for (int i = 0; i < count; i++) {
      if (largest >= Math.min(maxBatchSize, count - i) && highest == topLevel) {
        break;
      }
      int most = Math.min(maxBatchSize, count - i);
      if (largest >= most && level[i] <= highest) {
        continue;
      }
      int size = largest(left, bytes, i, count, 0);
      // Else an earlier request that bounded a run about as large is the better start.
      boolean larger = size > largest && (size == most || size >= largest + step);
      if (larger || (size > 0 && level[i] > highest)) {
        largest = Math.max(largest, size);
        highest = Math.max(highest, level[i]);
        choose(i, size, true);
        double value = value();
        if (value > best) {
          best = value;
          bestFirst = i;
        }
      }
    }
    choose(bestFirst, largest == 0 ? 0 : largest(left, bytes, bestFirst, count, 0), true);
  }

  /** Chooses the request with the most time left, alone. */
  void tryLast() {
    choose(count - 1, 1, false);
  }

  /** Fills a run: first this request, then by worth, then by deadline. */
  private void choose(int first, int size, boolean byWorth) {
    Arrays.fill(isChosen, 0, count, false);
    rows = 0;
    if (size == 0) {
      return;
    }
    take(first);
    int top = byWorth ? topLevel : bottomLevel;
    for (int wanted = top; wanted >= bottomLevel && rows < size; wanted--) {
      for (int i = first + 1; i < count && rows < size; i++) {
        if (level[i] == wanted || !byWorth) {
          take(i);
        }
      }
    }
    while (rows > 1 && cost.isKnown() && nanos(chosenBytes(rows), rows) > left[first]) {
      isChosen[chosen[--rows]] = false; // more bytes than the size was found with
    }
  }

  private void take(int index) {
    isChosen[index] = true;
    chosen[rows++] = index;
  }

  private long chosenBytes(int size) {
    long sum = 0;
    for (int i = 0; i < size; i++) {
      sum += bytes[chosen[i] + 1] - bytes[chosen[i]];
    }
    return sum;
  }

  private double value() {
    long met = 0;
    for (int i = 0; i < rows; i++) {
      met += worth(level[chosen[i]]);
    }
    return met + LATER * later(nanos(chosenBytes(rows), rows), chosen[0], false);
  }

  /**
   * Whether requests without a deadline can ride along such that the plan meets as much as without
   * them. Where the run would be too large, they replace the requests chosen last.
   */
  boolean allows(int bestEffort, long riderBytes) {
    if (!cost.isKnown()) {
      return true;
    }
    double without = later(nanos(chosenBytes(rows), rows), 0, false);
    int kept = Math.min(rows, maxBatchSize - bestEffort);
    long moved = 0;
    for (int i = kept; i < rows; i++) {
      isChosen[chosen[i]] = false;
      moved += worth(level[chosen[i]]);
    }
    double end = nanos(chosenBytes(kept) + riderBytes, kept + bestEffort);
    boolean fits = kept == 0 || end <= left[chosen[0]];
    boolean allowed = fits && later(end, 0, false) >= without + moved;
    for (int i = kept; i < rows; i++) {
      isChosen[chosen[i]] = true;
    }
    return allowed;
  }

  /**
   * Makes room for requests without a deadline. The requests that were chosen last stay behind
   * until the run fits and is in time.
   */
  void makeRoom(int bestEffort, long riderBytes) {
    while (rows > 0
        && (rows + bestEffort > maxBatchSize
            || (bestEffort > 0
                && cost.isKnown()
                && nanos(chosenBytes(rows) + riderBytes, rows + bestEffort) > left[chosen[0]]))) {
      isChosen[chosen[--rows]] = false;
    }
  }

  /**
   * Chooses a run, and tells whether every other request can be met after it, and so can the
   * requests expected to arrive while it runs.
   */
  private boolean meetsAll(int first, boolean byWorth) {
    int size = largest(left, bytes, first, count, 0);
    if (size == 0) {
      return false;
    }
    choose(first, size, byWorth);
    double end = nanos(chosenBytes(rows), rows);
    int waiting = count;
    expect((int) Math.min(end / gap, mostExpected()));
    boolean meets = later(end, 0, true) == restWorth[rest];
    count = waiting;
    return meets;
  }

  /** Two batches: the next run takes one at most, and cannot meet the other as well. */
  private int mostExpected() {
    return 2 * maxBatchSize;
  }

  /** Adds requests that are not there yet, evenly spaced. */
  private void expect(int arrivals) {
    for (int i = 1; i <= arrivals; i++) {
      left[count] = (long) (usual + i * gap);
      bytes[count + 1] = bytes[count] + leastBytes;
      level[count] = bottomLevel;
      isChosen[count] = false;
      count++;
    }
  }

  private int firstOf(int wanted) {
    int first = 0;
    while (level[first] != wanted) {
      first++;
    }
    return first;
  }

  /**
   * The worth of the requests from a place on, without the chosen ones, that the largest runs after
   * this one meet.
   *
   * @param all whether to stop, with -1, at the first request that is missed
   */
  private long later(double start, int from, boolean all) {
    rest = 0;
    for (int i = from; i < count; i++) {
      if (!isChosen[i]) {
        restLeft[rest] = left[i];
        restBytes[rest + 1] = restBytes[rest] + bytes[i + 1] - bytes[i];
        restWorth[rest + 1] = restWorth[rest] + worth(level[i]);
        rest++;
      }
    }
    long met = 0;
    double now = start;
    for (int next = 0; next < rest; ) {
      int more = largest(restLeft, restBytes, next, rest, now);
      if (more == 0) {
        if (all) {
          return -1;
        }
        next++;
        continue;
      }
      met += restWorth[next + more] - restWorth[next];
      now += nanos(restBytes[next + more] - restBytes[next], more);
      next += more;
    }
    return met;
  }

  /** The most requests from a place on that, started then, end before the first one's deadline. */
  private int largest(long[] lefts, long[] sums, int from, int end, double start) {
    if (start + shortest > lefts[from]) {
      return 0; // a quick test, since an overload leaves many such requests behind
    }
    int high = Math.min(maxBatchSize, end - from);
    if (start + nanos(sums[from + high] - sums[from], high) <= lefts[from]) {
      return high;
    }
    int low = 0;
    high--;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (start + nanos(sums[from + middle] - sums[from], middle) <= lefts[from]) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  private double nanos(long allBytes, int allRows) {
    return cost.nanos(allRows, allBytes, quantile);
  }
}
