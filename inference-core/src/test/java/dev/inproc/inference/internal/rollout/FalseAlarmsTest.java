package dev.inproc.inference.internal.rollout;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.internal.rollout.IdenticalVersions.Outcome;
import dev.inproc.inference.internal.rollout.IdenticalVersions.Traffic;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rollouts of versions that are equal, at alpha 0.01: who raises an alarm, and who ends. */
@Tag("endurance")
class FalseAlarmsTest {
  private static final boolean IS_LONG = Boolean.getBoolean("inproc.endurance");
  private static final int ROLLOUTS = IS_LONG ? 10_000 : 500;
  private static final int CALLS = IS_LONG ? 10_000 : 2_000;

  /** With 0.01 each, 500 rollouts have more than 14 alarms once in 5,000 tests. */
  private static final int MOST_ALARMS = IS_LONG ? 130 : 14;

  @ParameterizedTest
  @EnumSource
  void identicalVersions_anyTraffic_seldomAlarmAndElseArePromoted(Traffic traffic) {
    Map<TriggerKind, Integer> alarms = new EnumMap<>(TriggerKind.class);
    int alarmed = 0;
    for (int seed = 0; seed < ROLLOUTS; seed++) {
      Random random = new Random(seed * 7_919L + traffic.name().hashCode());
      Outcome outcome = new IdenticalVersions(traffic, random, CALLS).run();
      Alarm alarm = outcome.alarm();
      assertTrue(alarm != null || outcome.isPromoted(), "neither, with seed " + seed);
      if (alarm != null) {
        alarmed++;
        alarms.merge(alarm.kind(), 1, Integer::sum);
      }
    }
    System.out.printf("%s: %d alarms of %d, %s%n", traffic, alarmed, ROLLOUTS, alarms);
    assertTrue(alarmed <= MOST_ALARMS, traffic + ": " + alarms + " of " + ROLLOUTS);
  }
}
