package dev.inproc.inference.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

class HistogramTest {
  private static final double[] SHARES = {0, 0.001, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1};
  private static final double ERROR = 0.01;

  private final long seed = ThreadLocalRandom.current().nextLong();
  private final SplittableRandom random = new SplittableRandom(seed);

  private static Histogram of(long... values) {
    HistogramRecorder recorder = new HistogramRecorder();
    Arrays.stream(values).forEach(recorder::record);
    return recorder.snapshot();
  }

  private long[] draw(int count, LongSupplier value) {
    long[] values = new long[count];
    Arrays.setAll(values, i -> value.getAsLong());
    return values;
  }

  private long logUniform() {
    return (long) Math.exp(random.nextDouble() * Math.log(Histogram.MAX_VALUE));
  }

  @Test
  void quantile_ofManyShapes_isWithinOnePercentOfTheSortedValues() {
    System.out.println("seed " + seed);
    LongSupplier[] shapes = {
      () -> random.nextLong(100),
      () -> 1_000 + random.nextLong(100),
      () -> random.nextLong(1_000_000),
      this::logUniform,
      () -> (long) (50_000 * Math.exp(2 * random.nextDouble())),
      () -> random.nextInt(100) == 0 ? 250_000_000 : 800_000,
      () -> 12_345,
    };
    for (int shape = 0; shape < shapes.length; shape++) {
      for (int count : new int[] {1, 2, 10, 1_000, 50_000}) {
        long[] values = draw(count, shapes[shape]);
        Histogram histogram = of(values);
        Arrays.sort(values);
        for (double share : SHARES) {
          double exact = (double) values[(int) Math.max(0, Math.ceil(share * count) - 1)];
          String what =
              "shape " + shape + ", " + count + " values, share " + share + ", seed " + seed;
          assertEquals(exact, histogram.quantile(share), ERROR * exact, what);
        }
        assertEquals(count, histogram.count());
        assertEquals(Arrays.stream(values).sum(), histogram.sum());
        assertEquals(values[count - 1], histogram.max());
      }
    }
  }

  /** The field's histogram, with two digits, as an oracle. */
  @Test
  void quantile_besideHdrHistogram_isAsNear() {
    for (int round = 0; round < 20; round++) {
      long[] values = draw(5_000, this::logUniform);
      org.HdrHistogram.Histogram other = new org.HdrHistogram.Histogram(Histogram.MAX_VALUE, 2);
      Arrays.stream(values).forEach(other::recordValue);
      Histogram histogram = of(values);
      for (double share : SHARES) {
        double expected = other.getValueAtPercentile(100 * share);
        assertEquals(expected, histogram.quantile(share), 2 * ERROR * expected, "seed " + seed);
      }
    }
  }

  @Test
  void merge_ofTwo_equalsOneThatRecordedAll() {
    for (int round = 0; round < 50; round++) {
      long[] one = draw(random.nextInt(2_000), this::logUniform);
      long[] two = draw(random.nextInt(2_000), this::logUniform);
      long[] all = Arrays.copyOf(one, one.length + two.length);
      System.arraycopy(two, 0, all, one.length, two.length);
      assertEquals(of(all), of(one).merge(of(two)), "seed " + seed);
      assertEquals(of(all), of(two).merge(of(one)), "seed " + seed);
    }
    assertEquals(of(5), Histogram.EMPTY.merge(of(5)));
  }

  @Test
  void packed_isTheSameUnpacked() {
    for (int round = 0; round < 50; round++) {
      HistogramRecorder recorder = new HistogramRecorder();
      for (long value : draw(random.nextInt(2_000), this::logUniform)) {
        recorder.record(value, 1L << random.nextInt(40));
      }
      Histogram histogram = recorder.snapshot();
      assertEquals(histogram, PackedHistogram.of(histogram).unpack(), "seed " + seed);
    }
    for (Histogram edge : List.of(of(), of(0), of(Histogram.MAX_VALUE), of(0, 63, 64, 127))) {
      assertEquals(edge, PackedHistogram.of(edge).unpack());
    }
  }

  @Test
  void since_anEarlierSnapshot_isWhatCameAfter() {
    HistogramRecorder recorder = new HistogramRecorder();
    long[] before = draw(1_000, this::logUniform);
    long[] after = draw(1_000, this::logUniform);
    Arrays.stream(before).forEach(recorder::record);
    Histogram earlier = recorder.snapshot();
    Arrays.stream(after).forEach(recorder::record);
    Histogram rest = recorder.snapshot().since(earlier);

    Histogram expected = of(after);
    assertEquals(expected.buckets(), rest.buckets(), "seed " + seed);
    assertEquals(expected.sum(), rest.sum());
    double max = (double) expected.max();
    assertEquals(max, (double) rest.max(), ERROR * max);
    assertEquals(0, recorder.snapshot().since(recorder.snapshot()).count());
  }

  @Test
  void buckets_coverEveryValueOnce() {
    long expected = 0;
    while (expected <= Histogram.MAX_VALUE) {
      Histogram.Bucket bucket = of(expected).buckets().get(0);
      assertEquals(expected, bucket.from());
      assertEquals(bucket, of(bucket.to()).buckets().get(0));
      assertTrue(bucket.to() - bucket.from() < Math.max(1, bucket.from() / 64));
      expected = bucket.to() + 1;
    }
  }

  @Test
  void record_outOfRange_countsAsTheNearest() {
    assertEquals(of(0), of(-1));
    assertEquals(Histogram.MAX_VALUE, of(Long.MAX_VALUE).max());
    assertEquals(1, of(Long.MAX_VALUE).count());
  }

  @Test
  void record_manyTimes_isAsOften() {
    HistogramRecorder recorder = new HistogramRecorder();
    recorder.record(700, 5);
    assertEquals(of(700, 700, 700, 700, 700), recorder.snapshot());
  }

  @Test
  void quantile_ofNothing_isZero_andOfNoShare_isRefused() {
    assertEquals(0, Histogram.EMPTY.quantile(0.5));
    assertEquals(0, Histogram.EMPTY.mean());
    for (double share : new double[] {-0.1, 1.1, Double.NaN}) {
      Exception e =
          assertThrows(IllegalArgumentException.class, () -> Histogram.EMPTY.quantile(share));
      assertTrue(e.getMessage().contains("" + share));
    }
  }
}
