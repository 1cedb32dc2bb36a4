package dev.inproc.inference.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CostEstimatorTest {
  private static final long SEED = 5;

  private final CostEstimator costs = new CostEstimator();
  private final SplittableRandom random = new SplittableRandom(SEED);

  private void run(Service service, int rows, double times) {
    costs.record(rows, 4L * rows, (long) (service.run(rows) * times));
  }

  private void runs(Service service, int count, double times) {
    for (int i = 0; i < count; i++) {
      run(service, random.nextInt(1, 33), times);
    }
  }

  private double predicted(int rows, double quantile) {
    return costs.nanos(rows, 4L * rows, quantile);
  }

  @Test
  void coldStart_isKnownAfterThreeRuns() {
    Service service = new Service(100, 10);
    run(service, 1, 1);
    run(service, 1, 1);
    assertFalse(costs.isKnown());
    run(service, 1, 1);
    assertTrue(costs.isKnown());
    assertEquals(110_000, predicted(1, 0.9), 1_000);
    assertTrue(predicted(32, 0.9) >= predicted(1, 0.9));
    assertTrue(predicted(32, 0.9) <= 32 * predicted(1, 0.9), "never worse than one by one");
  }

  @Test
  void coldStart_ofTwoBatchSizes_interpolates() {
    Service service = new Service(100, 10);
    for (int i = 0; i < 6; i++) {
      run(service, i % 2 == 0 ? 1 : 32, 1);
    }
    assertEquals(1, predicted(1, 0.5) / service.nanos(1), 0.05);
    assertEquals(1, predicted(16, 0.5) / service.nanos(16), 0.1);
    assertEquals(1, predicted(32, 0.5) / service.nanos(32), 0.05);
  }

  @Test
  void coldStart_ofOneSizeForLong_isKnownAndExactThere() {
    Service service = new Service(100, 10, 0.1, SEED);
    for (int i = 0; i < 500; i++) {
      run(service, 32, 1);
      if (i >= 3) {
        assertTrue(costs.isKnown());
      }
    }
    assertEquals(1, predicted(32, 0.5) / service.nanos(32), 0.05);
  }

  @Test
  void noise_quantilesAreThoseOfTheRuns() {
    System.out.println("seed " + SEED);
    Service service = new Service(100, 10, 0.1, SEED);
    runs(service, 300, 1);
    int within90 = 0;
    int within10 = 0;
    for (int i = 0; i < 2_000; i++) {
      int rows = random.nextInt(1, 33);
      long nanos = service.run(rows);
      within90 += nanos <= predicted(rows, 0.9) ? 1 : 0;
      within10 += nanos <= predicted(rows, 0.1) ? 1 : 0;
      costs.record(rows, 4L * rows, nanos);
    }
    assertEquals(0.9, within90 / 2_000.0, 0.04);
    assertEquals(0.1, within10 / 2_000.0, 0.04);
  }

  @Test
  void outlier_aPause_movesNothing() {
    Service service = new Service(100, 10, 0.02, SEED);
    runs(service, 100, 1);
    double before = predicted(16, 0.9);
    run(service, 16, 50);
    assertEquals(1, predicted(16, 0.9) / before, 0.05);
    runs(service, 20, 1);
    run(service, 16, 5); // less than the cost model takes for a pause
    assertEquals(1, predicted(16, 0.9) / before, 0.06);
  }

  @Test
  void drift_threeTimesSlower_isPlannedOnWithinFiveRunsAndLearnedWithinFifty() {
    Service service = new Service(100, 10, 0.02, SEED);
    runs(service, 300, 1);
    runs(service, 5, 3);
    assertTrue(predicted(16, 0.9) > 2.5 * service.nanos(16), () -> "" + predicted(16, 0.9));
    runs(service, 45, 3);
    for (int rows : new int[] {1, 8, 32}) {
      assertEquals(3, predicted(rows, 0.5) / service.nanos(rows), 0.3);
      assertEquals(3, predicted(rows, 0.9) / service.nanos(rows), 0.5);
    }
  }

  @Test
  void drift_threeTimesFaster_isLearnedWithinFifty() {
    Service service = new Service(100, 10, 0.02, SEED);
    runs(service, 300, 3);
    runs(service, 50, 1);
    for (int rows : new int[] {1, 8, 32}) {
      assertEquals(1, predicted(rows, 0.5) / service.nanos(rows), 0.15);
      assertEquals(1, predicted(rows, 0.9) / service.nanos(rows), 0.25);
    }
  }

  @Test
  void bytes_longRows_costMore() {
    for (int i = 0; i < 200; i++) {
      int rows = random.nextInt(1, 17);
      long bytes = (long) rows * 8 * random.nextInt(8, 129);
      costs.record(rows, bytes, 50_000 + 1_000L * rows + 20 * bytes);
    }
    assertEquals(1, costs.nanos(8, 8 * 64) / (58_000 + 20 * 8 * 64), 0.05);
    assertEquals(1, costs.nanos(8, 8 * 1_024) / (58_000 + 20 * 8 * 1_024), 0.05);
  }

  @Test
  void record_impossibleValues_areIgnored() {
    for (int i = 0; i < 10; i++) {
      costs.record(0, 0, 5);
      costs.record(1, 4, 0);
      costs.record(1, 4, -1);
    }
    assertFalse(costs.isKnown());
  }
}
