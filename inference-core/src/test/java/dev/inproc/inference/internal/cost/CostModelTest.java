package dev.inproc.inference.internal.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CostModelTest {
  private final SplittableRandom random = new SplittableRandom(42);
  private final CostModel model = new CostModel();

  private interface Law {
    double nanos(int rows, double volume);
  }

  private static double transformer(int rows, double volume) {
    return 2e6 + rows * (1e5 + volume * (2e4 + volume * 60));
  }

  private void learn(Law law, int runs, double noise) {
    for (int i = 0; i < runs; i++) {
      int rows = random.nextInt(1, 17);
      double volume = random.nextInt(1, 9) * 16;
      double factor = 1 + noise * (2 * random.nextDouble() - 1);
      model.record(rows, volume, (long) (law.nanos(rows, volume) * factor));
    }
  }

  /** The mean relative error over a grid, shapes beyond those learned included. */
  private double error(Law law) {
    double sum = 0;
    int count = 0;
    for (int rows = 1; rows <= 24; rows += 3) {
      for (double volume = 8; volume <= 192; volume += 23) {
        double truth = law.nanos(rows, volume);
        sum += Math.abs(model.nanos(rows, volume) - truth) / truth;
        count++;
      }
    }
    return sum / count;
  }

  @Test
  void unknownAtFirst_andAfterRunsOfOneShapeAlone() {
    assertFalse(model.isKnown());
    assertEquals(0, model.meanNanos());
    for (int i = 0; i < 100; i++) {
      model.record(4, 64, 1_000_000);
    }
    assertFalse(model.isKnown(), "one shape tells nothing of others");
    assertEquals(1e6, model.meanNanos(), 1);
  }

  @Test
  void knownLaw_withNoise_isLearned() {
    learn(CostModelTest::transformer, 400, 0.2);
    assertTrue(model.isKnown());
    assertTrue(
        error(CostModelTest::transformer) < 0.10, () -> error(CostModelTest::transformer) + "");
  }

  @Test
  void law_ofFixedCostAlone_isLearnedWithoutNegativeTerms() {
    learn((rows, volume) -> 5e6, 400, 0.1);
    assertTrue(error((rows, volume) -> 5e6) < 0.10);
    for (int rows = 1; rows < 1000; rows *= 3) {
      for (double volume = 1; volume < 1e6; volume *= 10) {
        assertTrue(model.nanos(rows, volume) >= 0);
      }
    }
  }

  @Test
  void predictions_ofAnyData_areNeverNegativeAndGrow() {
    for (int round = 0; round < 50; round++) {
      CostModel wild = new CostModel();
      for (int i = 0; i < 60; i++) {
        wild.record(random.nextInt(1, 100), random.nextInt(0, 5000), random.nextLong(1, 1L << 40));
        double small = wild.nanos(1, 10);
        double large = wild.nanos(50, 4000);
        assertTrue(small >= 0 && large >= small, () -> small + " and " + large);
      }
    }
  }

  @Test
  void outliers_rare_changeLittle() {
    learn(CostModelTest::transformer, 300, 0.05);
    for (int i = 0; i < 40; i++) {
      model.record(4, 64, (long) (transformer(4, 64) * 100)); // a pause
      learn(CostModelTest::transformer, 10, 0.05);
    }
    assertTrue(model.isKnown());
    assertTrue(
        error(CostModelTest::transformer) < 0.10, () -> error(CostModelTest::transformer) + "");
  }

  @Test
  void drift_slowerOrFaster_isLearnedAnew() {
    learn(CostModelTest::transformer, 400, 0.05);
    Law slower = (rows, volume) -> 12 * transformer(rows, volume);
    learn(slower, 1_500, 0.05);
    assertTrue(model.isKnown());
    assertTrue(error(slower) < 0.15, () -> error(slower) + "");
    learn(CostModelTest::transformer, 1_500, 0.05);
    assertTrue(model.isKnown());
    assertTrue(
        error(CostModelTest::transformer) < 0.15, () -> error(CostModelTest::transformer) + "");
  }

  @Test
  void drift_sudden_isDistrustedBeforeItIsLearned() {
    learn(CostModelTest::transformer, 400, 0.05);
    boolean distrusted = false;
    for (int i = 0; i < 200 && !distrusted; i++) {
      learn((rows, volume) -> 3 * transformer(rows, volume), 1, 0.05);
      distrusted = !model.isKnown();
    }
    assertTrue(distrusted);
  }

  @Test
  void impossibleTimes_areIgnored() {
    model.record(1, 1, 0);
    model.record(1, 1, -5);
    assertEquals(0, model.meanNanos());
  }
}
