package dev.inproc.benchmarks.load;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.batch.Trace;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ArrivalsTest {
  private static final long SEED = 11;

  @ParameterizedTest
  @EnumSource(Arrivals.class)
  void schedule_anyLaw_keepsTheRateAndTheOrder(Arrivals law) {
    long[] times = law.schedule(5_000, 100, SEED);
    assertEquals(500_000, times.length, law == Arrivals.BURSTY ? 15_000 : 3_000);
    long[] sorted = times.clone();
    Arrays.sort(sorted);
    assertArrayEquals(sorted, times);
    assertTrue(times[times.length - 1] < 100e9);
    assertArrayEquals(times, law.schedule(5_000, 100, SEED));
  }

  /** The variance of a gap over its mean squared: 1, 0, and with bursts far above. */
  @Test
  void gaps_eachLaw_varyAsItSays() {
    assertEquals(1, variation(Arrivals.POISSON), 0.02);
    assertEquals(0, variation(Arrivals.REGULAR), 1e-6);
    assertEquals(63, variation(Arrivals.BURSTY), 3);
  }

  private static double variation(Arrivals law) {
    long[] times = law.schedule(5_000, 100, SEED);
    double[] gaps =
        IntStream.range(1, times.length).mapToDouble(i -> times[i] - times[i - 1]).toArray();
    double mean = Arrays.stream(gaps).average().orElseThrow();
    return Arrays.stream(gaps).map(gap -> (gap - mean) * (gap - mean)).average().orElseThrow()
        / (mean * mean);
  }

  @Test
  void trace_doubleSpeed_halvesItsTimes() {
    Trace trace = Trace.of(new long[] {3_000, 1_000}, 10);
    assertArrayEquals(new long[] {500, 1_500}, Arrivals.of(trace, 2));
  }

  @Test
  void named_unknown_saysWhatThereIs() {
    assertEquals(Arrivals.BURSTY, Arrivals.named("Bursty"));
    String message =
        assertThrows(IllegalArgumentException.class, () -> Arrivals.named("lumpy")).getMessage();
    assertEquals("Expected one of [poisson, bursty, regular], got \"lumpy\"", message);
    assertThrows(IllegalArgumentException.class, () -> Arrivals.POISSON.schedule(0, 1, 1));
  }

  @Test
  void steadyState_risingThenFlat_isSeenWhenFlat() {
    List<Double> rising = IntStream.range(0, 20).mapToObj(i -> 100.0 + 10 * i).toList();
    for (int i = 1; i <= rising.size(); i++) {
      assertEquals(false, SteadyState.isSteady(rising.subList(0, i)), i + " rising slices");
    }
    List<Double> flat = List.of(90.0, 100.0, 101.0, 99.5, 100.2, 100.4, 99.1, 100.0, 100.7);
    assertTrue(SteadyState.isSteady(flat));
    List<Double> noisy = List.of(90.0, 120.0, 100.0, 80.0, 119.0, 92.0, 102.0, 81.0);
    assertTrue(SteadyState.isSteady(noisy), "noise without a trend");
  }
}
