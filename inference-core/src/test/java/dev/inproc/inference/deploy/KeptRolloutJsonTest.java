package dev.inproc.inference.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.deploy.RolloutMetrics.RolloutAlarm;
import dev.inproc.inference.internal.json.JsonException;
import dev.inproc.inference.internal.rollout.DistinctKeys;
import dev.inproc.inference.model.ModelVersion;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A rollout's file. */
class KeptRolloutJsonTest {
  private static KeptRollout kept(String reason) {
    ModelVersion canary = Lanes.version(7);
    RolloutPlan<Integer, String> plan =
        RolloutPlan.<Integer, String>to(canary)
            .withHoldBack(0.1)
            .withMargin(0.25)
            .withAction(RolloutTrigger.LATENCY, TriggerAction.NOTIFY)
            .withAction(RolloutTrigger.LABELS, TriggerAction.OFF)
            .withControlLane(ControlLane.OWN_SESSION)
            .withStableFor((input, options) -> true);
    DistinctKeys keys = new DistinctKeys();
    Random random = new Random(5);
    for (int i = 0; i < 1_000; i++) {
      keys.add(random.nextLong());
    }
    RolloutAlarm alarm =
        new RolloutAlarm(
            RolloutTrigger.LATENCY,
            "slow calls",
            TriggerAction.NOTIFY,
            2,
            Duration.ofSeconds(9),
            40,
            2,
            Double.POSITIVE_INFINITY,
            333.3,
            2.5);
    RolloutProgress progress =
        new RolloutProgress(
            RolloutState.PAUSED, true, reason, 3, 5, 99, keys.text(), List.of(alarm));
    return KeptRollout.begin("me", 4, canary, Lanes.version(6), KeptPlan.of(plan))
        .with("you", 5, progress, 1_234, false);
  }

  @Test
  void rollout_isReadAsWritten() throws JsonException {
    KeptRollout kept = kept("lunch");
    KeptRollout read = KeptRolloutJson.read(KeptRolloutJson.write(kept));
    assertEquals(kept.plan(), read.plan());
    assertEquals(kept.salt(), read.salt());
    assertTrue(read.isOf("you", 5));
    assertEquals(1_234, read.votes());
    assertEquals(Double.MAX_VALUE, read.progress().alarms().get(0).evidence());
    assertEquals(
        kept.progress().ended(RolloutState.PAUSED, "lunch").keys(), read.progress().keys());
    DistinctKeys merged = new DistinctKeys();
    merged.merge(read.progress().keys());
    assertEquals(1_000.0, (double) merged.estimate(), 60);
    assertEquals("PAUSED", read.progress().state().name());
    assertTrue(read.progress().isBaking());
  }

  @Test
  void reason_ofAnyText_isKept() throws JsonException {
    for (String reason : List.of("", "\"\\\n\u0000", "half \ud83d", "x".repeat(100_000))) {
      RolloutProgress read = KeptRolloutJson.read(KeptRolloutJson.write(kept(reason))).progress();
      assertTrue(read.reason().length() <= 4_000);
      assertEquals(reason.isEmpty(), read.reason().isEmpty());
    }
  }

  @Test
  void file_changedAnywhere_isReadOrRefused() {
    byte[] good = KeptRolloutJson.write(kept("lunch"));
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int refused = 0;
    for (int i = 0; i < 3_000; i++) {
      byte[] bad = good.clone();
      for (int change = random.nextInt(3); change >= 0; change--) {
        bad[random.nextInt(i % 2 == 0 ? 1_500 : bad.length)] = (byte) random.nextInt(128);
      }
      try {
        KeptRollout read = KeptRolloutJson.read(bad);
        read.plan().check();
      } catch (JsonException e) {
        refused++;
      }
    }
    assertTrue(refused > 1_000, "seed " + seed);
  }
}
