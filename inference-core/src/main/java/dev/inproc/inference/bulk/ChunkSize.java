package dev.inproc.inference.bulk;

/**
 * Learns how many rows a chunk should have: it doubles while a row's cost falls by {@value #GAIN}
 * at least. Of each size two chunks are measured and the cheaper counts, since the first one of a
 * size may make the engine allocate. Two sizes in a row without gain end the search, since one may
 * have been unlucky. Thread-safe.
 */
final class ChunkSize {
  private static final int FIRST = 16;
  private static final int MOST = 1_024;
  private static final double GAIN = 0.05;
  private static final int SAMPLES = 2;
  private static final int PATIENCE = 2;

  private final int most;
  private boolean isSettled;
  private int size;
  private int samples;
  private double cost = Double.POSITIVE_INFINITY; // nanoseconds a row at this size
  private int bestSize;
  private double bestCost = Double.POSITIVE_INFINITY;
  private int failures; // sizes in a row that gained nothing

  private ChunkSize(int first, int most, boolean isSettled) {
    size = first;
    bestSize = first;
    this.most = most;
    this.isSettled = isSettled;
  }

  static ChunkSize fixed(int rows) {
    return new ChunkSize(rows, rows, true);
  }

  /**
   * Learns.
   *
   * @param limit what no chunk may exceed
   */
  static ChunkSize learned(int limit) {
    int most = Math.min(MOST, limit);
    return new ChunkSize(Math.min(FIRST, most), most, false);
  }

  synchronized int rows() {
    return size;
  }

  /** Takes in what a chunk took; one of another size tells nothing. */
  synchronized void record(int rows, long nanos) {
    if (isSettled || rows != size) {
      return;
    }
    cost = Math.min(cost, (double) nanos / rows);
    if (++samples < SAMPLES) {
      return;
    }
    if (cost < bestCost * (1 - GAIN)) {
      failures = 0;
    } else {
      failures++;
    }
    if (cost < bestCost) {
      bestCost = cost;
      bestSize = size;
    }
    if (failures >= PATIENCE || size == most) {
      isSettled = true;
      size = bestSize;
      return;
    }
    size = Math.min(2 * size, most);
    samples = 0;
    cost = Double.POSITIVE_INFINITY;
  }
}
