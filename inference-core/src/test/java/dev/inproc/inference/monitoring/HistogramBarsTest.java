package dev.inproc.inference.monitoring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.metrics.CallRecorder;
import dev.inproc.inference.metrics.Histogram;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HistogramBarsTest {
  private static final int MOST = 40;

  private static List<HistogramBars.Bar> check(Histogram histogram, String name) {
    List<HistogramBars.Bar> bars = HistogramBars.of(histogram, MOST);
    assertEquals(histogram.count(), bars.stream().mapToLong(HistogramBars.Bar::count).sum(), name);
    assertTrue(bars.size() <= MOST, name + ": " + bars.size());
    for (int i = 0; i < bars.size(); i++) {
      HistogramBars.Bar bar = bars.get(i);
      assertTrue(bar.from() < bar.end() && bar.count() >= 0, name + ": " + bar);
      assertTrue(i == 0 || bars.get(i - 1).end() == bar.from(), name + ": " + bars);
    }
    return bars;
  }

  @Test
  void bars_ofAnyHistogram_addUpToItsCount() {
    long seed = System.nanoTime();
    System.out.println("Seed of HistogramBarsTest: " + seed);
    Random random = new Random(seed);
    for (int i = 0; i < 150; i++) {
      double low = random.nextDouble() * 30;
      double spread = random.nextDouble() * random.nextDouble() * 12;
      int count = 1 + random.nextInt(300);
      Histogram histogram =
          StatusSample.values(
              count, () -> Math.expm1(Math.max(0, low + spread * random.nextGaussian())));
      check(histogram, "histogram " + i);
    }
  }

  @Test
  void smallWholeValues_haveABarEach() {
    CallRecorder recorder = new CallRecorder();
    for (int size = 1; size <= 32; size++) {
      recorder.answered(size, size * 10);
    }
    List<HistogramBars.Bar> bars = check(recorder.snapshot().latencyNanos(), "sizes");
    assertEquals(32, bars.size());
    for (int size = 1; size <= 32; size++) {
      assertEquals(new HistogramBars.Bar(size, size + 1, size * 10L), bars.get(size - 1));
    }
  }

  @Test
  void bars_ofAWideRange_areAboutEquallyWideOnTheAxis() {
    List<HistogramBars.Bar> bars = check(StatusSample.lognormal(1, 100_000, 2_000_000, 1), "wide");
    assertTrue(bars.size() >= MOST - 2, "" + bars.size());
    double ratio = (double) bars.get(0).end() / bars.get(0).from();
    for (HistogramBars.Bar bar : bars.subList(0, bars.size() - 1)) {
      assertEquals(ratio, (double) bar.end() / bar.from(), 0.01, bar.toString());
    }
  }

  @Test
  void values_ofEachBar_areThoseOfItsRange() {
    Random random = new Random(2);
    long[] values = random.longs(50_000, 1_000, 5_000_000).toArray();
    int[] next = {0};
    Histogram histogram = StatusSample.values(values.length, () -> values[next[0]++]);
    for (HistogramBars.Bar bar : check(histogram, "uniform")) {
      long exact = 0;
      for (long value : values) {
        exact += value >= bar.from() && value < bar.end() ? 1 : 0;
      }
      // What lies in the buckets at both ends is shared out, as if it were spread evenly.
      assertEquals((double) exact, (double) bar.count(), 5 + 0.1 * exact, bar.toString());
    }
  }

  @Test
  void fewValues_haveFewBars() {
    assertEquals(List.of(), check(Histogram.EMPTY, "empty"));
    assertEquals(
        List.of(new HistogramBars.Bar(0, 1, 3)), check(StatusSample.values(3, () -> 0), "zero"));
    assertEquals(1, check(StatusSample.values(1, () -> 1_234_567), "one").size());
    assertEquals(1, check(StatusSample.values(2, () -> 1e18), "beyond the largest").size());
  }

  @Test
  void counts_ofATrillion_areNotRounded() {
    Histogram many = StatusSample.lognormal(4, 10_001, 2_000_000, 0.7);
    for (int i = 0; i < 27; i++) {
      many = many.merge(many);
    }
    assertEquals(10_001L << 27, many.count());
    check(many, "a trillion");
  }
}
