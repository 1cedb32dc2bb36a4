package dev.inproc.inference.metrics;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Records values for a {@link Histogram}, without a lock. Any number of threads may share one, and
 * snapshots may be taken at any time. The values between a power of two and the next take memory
 * (half a KiB) when the first of them comes.
 */
public final class HistogramRecorder {
  private static final VarHandle COUNT = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle OCTAVE = MethodHandles.arrayElementVarHandle(long[][].class);
  private static final VarHandle SUM;
  private static final VarHandle MAX;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      SUM = lookup.findVarHandle(HistogramRecorder.class, "sum", long.class);
      MAX = lookup.findVarHandle(HistogramRecorder.class, "max", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final long[] @Nullable [] octaves = new long[Histogram.OCTAVES][];
  private long sum;
  private long max;

  /** Creates one that is empty. */
  public HistogramRecorder() {}

  private static long clamp(long value) {
    return Math.max(0, Math.min(value, Histogram.MAX_VALUE));
  }

  /**
   * Records a value so many times, without atomic instructions. To be called by one thread alone;
   * it may not be mixed with {@link #record}.
   */
  void recordOwned(long value, long times) {
    long clamped = clamp(value);
    int octave = Histogram.octaveOf(clamped);
    long[] counts = octaves[octave];
    if (counts == null) {
      counts = new long[Histogram.BUCKETS_PER_OCTAVE];
      OCTAVE.setRelease(octaves, octave, counts);
    }
    int bucket = Histogram.bucketOf(clamped, octave);
    // The maximum and the sum first: a snapshot that sees the count sees them.
    if (clamped > max) {
      MAX.setOpaque(this, clamped);
    }
    SUM.setOpaque(this, sum + times * clamped);
    COUNT.setRelease(counts, bucket, counts[bucket] + times);
  }

  /** Records a value. */
  public void record(long value) {
    record(value, 1);
  }

  /** Records a value so many times. Negative values count as 0. */
  public void record(long value, long times) {
    long clamped = clamp(value);
    int octave = Histogram.octaveOf(clamped);
    long[] counts = (long[]) OCTAVE.getAcquire(octaves, octave);
    if (counts == null) {
      long[] made = new long[Histogram.BUCKETS_PER_OCTAVE];
      long[] other = (long[]) OCTAVE.compareAndExchange(octaves, octave, (long[]) null, made);
      counts = other == null ? made : other;
    }
    long seen = (long) MAX.getOpaque(this);
    while (clamped > seen && !MAX.weakCompareAndSet(this, seen, clamped)) {
      seen = (long) MAX.getOpaque(this);
    }
    SUM.getAndAdd(this, times * clamped);
    COUNT.getAndAdd(counts, Histogram.bucketOf(clamped, octave), times);
  }

  /** Returns what was recorded so far. */
  public Histogram snapshot() {
    HistogramSum all = new HistogramSum();
    addTo(all);
    return all.histogram();
  }

  void addTo(HistogramSum all) {
    for (int octave = 0; octave < Histogram.OCTAVES; octave++) {
      long[] counts = (long[]) OCTAVE.getAcquire(octaves, octave);
      if (counts == null) {
        continue;
      }
      long[] sums = all.octave(octave);
      for (int i = 0; i < Histogram.BUCKETS_PER_OCTAVE; i++) {
        sums[i] += (long) COUNT.getAcquire(counts, i);
      }
    }
    all.add((long) SUM.getOpaque(this), (long) MAX.getOpaque(this));
  }
}
