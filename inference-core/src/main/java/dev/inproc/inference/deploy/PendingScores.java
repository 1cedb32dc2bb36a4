package dev.inproc.inference.deploy;

import dev.inproc.inference.deploy.ExperimentMetric.Kind;
import dev.inproc.inference.internal.concurrent.Durations;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The scores of keys whose windows last. Keys are numbered from 0 in the order in which they came,
 * which is also that in which a metric's windows end. Guarded by the phase.
 */
final class PendingScores {
  private static final int CHUNK = 1024;

  /** What is made of a score once its window has ended. */
  @FunctionalInterface
  interface Sink {
    /**
     * Takes a score.
     *
     * @param metric the metric's index
     * @param arm the arm's index
     * @param isReported whether anything was recorded
     */
    void add(int metric, int arm, boolean isReported, double numerator, double denominator);
  }

  private final List<ExperimentMetric> metrics;
  private final long[] windows;
  private final Sink sink;

  /** A chunk is null once all windows of its keys have ended. */
  private final List<@Nullable Chunk> chunks = new ArrayList<>();

  private int count;
  private int dropped; // how many chunks are null

  /** The number of the first key whose window lasts, of each metric. */
  private final int[] open;

  /** The scores of some keys. */
  private static final class Chunk {
    private final long[] since = new long[CHUNK];
    private final byte[] arms = new byte[CHUNK];
    private final boolean[][] reported;
    private final double[][] numerators;
    private final double[][] denominators;

    Chunk(List<ExperimentMetric> metrics) {
      int size = metrics.size();
      reported = new boolean[size][CHUNK];
      numerators = new double[size][CHUNK];
      denominators = new double[size][];
      for (int m = 0; m < size; m++) {
        denominators[m] = new double[metrics.get(m).kind() == Kind.RATIO ? CHUNK : 0];
      }
    }
  }

  PendingScores(List<ExperimentMetric> metrics, Sink sink) {
    this.metrics = metrics;
    this.sink = sink;
    windows = metrics.stream().mapToLong(metric -> Durations.of(metric.window())).toArray();
    open = new int[windows.length];
  }

  private Chunk chunk(int key) {
    return Objects.requireNonNull(chunks.get(key / CHUNK));
  }

  /** Adds the next key. */
  void add(int arm, long nowNanos) {
    int place = count % CHUNK;
    if (place == 0) {
      chunks.add(new Chunk(metrics));
    }
    Chunk chunk = chunk(count++);
    chunk.since[place] = nowNanos;
    chunk.arms[place] = (byte) arm;
  }

  private boolean isOpen(int key, int metric, long nowNanos) {
    return key >= open[metric] && nowNanos - chunk(key).since[key % CHUNK] < windows[metric];
  }

  /** What became of a value. */
  enum Recorded {
    KEPT,
    LATE,
    REPEATED
  }

  /** Records a value of a key. */
  Recorded record(int key, int metric, double numerator, double denominator, long nowNanos) {
    if (!isOpen(key, metric, nowNanos)) {
      return Recorded.LATE;
    }
    Chunk chunk = chunk(key);
    int place = key % CHUNK;
    boolean isFirst = !chunk.reported[metric][place];
    chunk.reported[metric][place] = true;
    double[] numerators = chunk.numerators[metric];
    switch (metrics.get(metric).kind()) {
      case TOTAL -> numerators[place] += numerator;
      case SHARE -> numerators[place] = Math.max(numerators[place], numerator);
      case REPORTED -> {
        if (!isFirst) {
          return Recorded.REPEATED;
        }
        numerators[place] = numerator;
      }
      case RATIO -> {
        numerators[place] += numerator;
        chunk.denominators[metric][place] += denominator;
      }
    }
    return Recorded.KEPT;
  }

  /**
   * Hands on scores whose windows have ended.
   *
   * @param most how many at most
   * @return whether there may be more
   */
  boolean advance(long nowNanos, int most) {
    int left = most;
    for (int m = 0; m < windows.length; m++) {
      while (open[m] < count && !isOpen(open[m], m, nowNanos)) {
        if (left-- == 0) {
          return true;
        }
        Chunk chunk = chunk(open[m]);
        int place = open[m]++ % CHUNK;
        double[] denominators = chunk.denominators[m];
        sink.add(
            m,
            chunk.arms[place],
            chunk.reported[m][place],
            chunk.numerators[m][place],
            denominators.length == 0 ? 1 : denominators[place]);
      }
    }
    dropChunks();
    return false;
  }

  private void dropChunks() {
    int first = count;
    for (int each : open) {
      first = Math.min(first, each);
    }
    while ((dropped + 1) * CHUNK <= first) {
      chunks.set(dropped++, null);
    }
  }

  /** Drops all scores whose windows last; nothing is recorded any more. */
  void clear() {
    chunks.clear();
    count = 0;
    dropped = 0;
    Arrays.fill(open, 0);
  }

  /** Returns about how much memory this takes. */
  long bytes() {
    long perKey = Long.BYTES + 1;
    for (ExperimentMetric metric : metrics) {
      perKey += 1 + Double.BYTES * (metric.kind() == Kind.RATIO ? 2L : 1L);
    }
    return perKey * CHUNK * (chunks.size() - dropped);
  }
}
