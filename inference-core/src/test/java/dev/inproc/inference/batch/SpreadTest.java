package dev.inproc.inference.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.metrics.Distribution;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpreadTest {
  /** 1,024 shares a bucket with the values up to 1,031. */
  @ParameterizedTest
  @ValueSource(longs = {1, 129, 1_000, 1_024, 65_537, 3_600_000_000_001L})
  void distribution_ofAnyValue_endsAtTheLargestRecorded(long largest) {
    Spread spread = new Spread(3_600_000_000_001L);
    spread.record(largest, 1_000);
    spread.record(1, 1);
    Distribution found = spread.distribution(1);
    assertEquals(1_001, found.count());
    assertEquals((double) largest, found.max());
    for (double each : new double[] {found.mean(), found.p50(), found.p95(), found.p99()}) {
      assertTrue(each <= largest, found::toString);
      assertTrue(each > 0.98 * largest, found::toString);
    }
    assertEquals((double) largest, found.p999());
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-3, 1, 1e3})
  void distribution_inAnotherUnit_keepsTheMaximum(double factor) {
    Spread spread = new Spread(1 << 20);
    spread.record(1_024, 3);
    assertEquals(1_024 * factor, spread.distribution(factor).max());
    assertEquals(1_024 * factor, spread.distribution(factor).p50());
  }
}
