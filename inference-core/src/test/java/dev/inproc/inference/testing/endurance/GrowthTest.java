package dev.inproc.inference.testing.endurance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;

class GrowthTest {
  private static Growth of(IntToLongFunction resident) {
    Growth growth = new Growth();
    for (int i = 0; i < 60; i++) {
      growth.sample(new Vitals(resident.applyAsLong(i), 20, 10, 5));
    }
    return growth;
  }

  @Test
  void steadyGrowth_isThatOfTheSecondHalf() {
    assertEquals(3000, of(i -> 1000 + 100L * i).residentKb());
  }

  @Test
  void growthInTheFirstHalfAlone_isNone() {
    assertEquals(0, of(i -> Math.min(i, 29) * 10_000L).residentKb());
  }

  @Test
  void singleSpikes_areNoGrowth() {
    assertEquals(0, of(i -> i % 7 == 0 ? 1_000_000 : 1000).residentKb());
  }

  @Test
  void oneMoreThreadThanEver_shows() {
    Growth growth = new Growth();
    for (int i = 0; i < 60; i++) {
      growth.sample(new Vitals(1000, i < 45 ? 20 : 21, 10, 5));
    }
    assertEquals(1, growth.handles());
  }

  @Test
  void workersThatComeAndGo_areNoGrowth() {
    Growth growth = new Growth();
    for (int i = 0; i < 60; i++) {
      growth.sample(new Vitals(1000, i % 20 == 5 || i > 45 ? 21 : 20, 10, 5));
    }
    assertEquals(0, growth.handles());
  }

  @Test
  void fewSamples_areRefused() {
    assertThrows(IllegalStateException.class, () -> new Growth().residentKb());
  }
}
