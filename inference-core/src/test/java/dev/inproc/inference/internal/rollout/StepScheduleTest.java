package dev.inproc.inference.internal.rollout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.internal.rollout.StepSchedule.Step;
import dev.inproc.inference.internal.routing.SaltedHash;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StepScheduleTest {
  private static final long MINUTE = 60_000_000_000L;

  @Test
  void step_timeAndKeys_endsItOnlyTogether() {
    StepSchedule schedule =
        new StepSchedule(List.of(new Step(0.01, MINUTE, 20), new Step(1, 0, 0)));
    assertFalse(schedule.isOver(0, MINUTE - 1, 1_000_000));
    assertFalse(schedule.isOver(0, 10 * MINUTE, 1_999));
    assertTrue(schedule.isOver(0, MINUTE, 2_000));
    assertTrue(schedule.isOver(1, 0, 0));
  }

  @Test
  void steps_thatDoNotRise_areRefused() {
    Step five = new Step(0.05, MINUTE, 0);
    assertThrows(IllegalArgumentException.class, () -> new StepSchedule(List.of()));
    assertThrows(IllegalArgumentException.class, () -> new StepSchedule(List.of(five, five)));
    assertThrows(IllegalArgumentException.class, () -> new Step(0, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> new Step(1.1, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> new Step(0.5, -1, 0));
  }

  @Test
  void distinctKeys_anyNumber_areEstimatedWithinAFewPercent() {
    Random random = new Random(5);
    for (int count : new int[] {1, 10, 100, 1_000, 10_000, 100_000, 1_000_000}) {
      DistinctKeys keys = new DistinctKeys();
      long seed = random.nextLong();
      for (int repeat = 0; repeat < 2; repeat++) {
        for (int i = 0; i < count; i++) {
          keys.add(SaltedHash.mix(seed + i));
        }
      }
      assertEquals((double) count, (double) keys.estimate(), Math.max(0.5, 0.06 * count));
    }
  }
}
