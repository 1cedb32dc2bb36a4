package dev.inproc.inference.deploy;

import static dev.inproc.inference.deploy.Lanes.version;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.Answer;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.deploy.DeploymentMetrics.LaneMetrics;
import dev.inproc.inference.deploy.DeploymentMetrics.LaneState;
import dev.inproc.inference.events.ServingEvent;
import dev.inproc.inference.events.ServingEvent.RolloutAlarmed;
import dev.inproc.inference.events.ServingEvent.RolloutEnded;
import dev.inproc.inference.events.ServingEvent.RolloutPaused;
import dev.inproc.inference.events.ServingEvent.RolloutResumed;
import dev.inproc.inference.events.ServingEvent.RolloutStepped;
import dev.inproc.inference.events.ServingEvent.VersionRolledBack;
import dev.inproc.inference.events.ServingEvent.VersionSwitched;
import dev.inproc.inference.testing.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A rollout from the first share to its end, on a clock of the test's. */
class RolloutTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final Lanes lanes = new Lanes();
  private final Deployment<Integer, String> deployment = lanes.open();

  @AfterEach
  void close() {
    deployment.close();
  }

  /** Half of the keys for a minute, then all; a minute until the end. */
  private static RolloutPlan<Integer, String> plan(double... shares) {
    RolloutStep[] steps = new RolloutStep[shares.length];
    for (int i = 0; i < shares.length; i++) {
      steps[i] = new RolloutStep(shares[i], MINUTE, 0);
    }
    return RolloutPlan.<Integer, String>to(version(2)).withSteps(steps).withBake(MINUTE);
  }

  private static CallOptions key(int key) {
    return CallOptions.DEFAULT.withAffinityKey("user-" + key);
  }

  private String arm(CallOptions options) {
    Answer<String> answer = deployment.answers().predict(7, options);
    return answer.arm().orElse("none");
  }

  private void minute() {
    for (int i = 0; i < 61; i++) {
      lanes.timer.advanceMillis(1_000);
    }
  }

  private boolean has(Class<? extends ServingEvent> kind) {
    return lanes.events().stream().anyMatch(kind::isInstance);
  }

  private Set<Integer> keysOf(String arm, int count) {
    Set<Integer> keys = new HashSet<>();
    for (int k = 0; k < count; k++) {
      if (arm(key(k)).equals(arm)) {
        keys.add(k);
      }
    }
    return keys;
  }

  @Test
  void rollOut_healthyCanary_takesEachStepAndIsPromoted() {
    Rollout rollout = deployment.rollOut(plan(0.2, 0.5, 1));
    assertEquals(RolloutState.RUNNING, rollout.state());
    assertEquals(version(1), deployment.version());
    assertEquals(
        List.of(
            new LaneMetrics(version(1), LaneState.SERVING),
            new LaneMetrics(version(2), LaneState.CANARY),
            new LaneMetrics(version(1), LaneState.CONTROL)),
        deployment.metrics().lanes());
    Set<Integer> first = keysOf("canary", 1000);
    Set<Integer> control = keysOf("control", 1000);
    assertEquals(200, first.size(), 51);
    assertEquals(200, control.size(), 51);
    minute();
    assertEquals(2, rollout.metrics().step());
    Set<Integer> second = keysOf("canary", 1000);
    assertTrue(second.containsAll(first));
    assertTrue(keysOf("control", 1000).containsAll(control));
    assertEquals(500, second.size(), 64);
    minute();
    assertEquals(3, rollout.metrics().step());
    assertEquals(1000, keysOf("canary", 1000).size());
    assertEquals("2:7", deployment.predict(7));
    minute();
    assertEquals(RolloutState.BAKING, rollout.state());
    assertEquals(version(1), deployment.version());
    minute();
    assertEquals(RolloutState.PROMOTED, rollout.state());
    assertEquals(version(2), deployment.version());
    assertEquals("none", arm(key(1)));
    assertEquals(RolloutState.PROMOTED, Await.value(rollout.ended().toCompletableFuture()).state());
    Await.until("the control lane is closed", () -> lanes.made.get(2).isClosed());
    assertFalse(lanes.made.get(0).isClosed()); // it is warm
    assertTrue(deployment.rollout().isEmpty());
    Await.until("the end", () -> has(RolloutEnded.class));
    List<ServingEvent> events = lanes.events();
    assertTrue(events.contains(new RolloutStepped("m", "m@2", 1, 0.2)), events::toString);
    assertTrue(events.contains(new RolloutStepped("m", "m@2", 3, 1)), events::toString);
    assertTrue(events.contains(new VersionSwitched("m", "m@1", "m@2", Duration.ZERO)));
    assertTrue(events.contains(new RolloutEnded("m", "m@2", true, "the rollout is over")));
    assertTrue(deployment.rollBack("after all").isDone());
    assertEquals("1:7", deployment.predict(7));
  }

  @Test
  void rollOut_canaryFailsEachCall_isRolledBackByItself() {
    lanes.functions.put(
        2L,
        input -> {
          throw new IllegalStateException("bad model");
        });
    Rollout rollout = deployment.rollOut(plan(0.2, 1));
    int failed = 0;
    int calls = 0;
    while (!rollout.state().isTerminal() && calls < 1000) {
      calls++;
      lanes.timer.advanceMillis(10);
      try {
        deployment.predict(7, key(calls));
      } catch (IllegalStateException e) {
        failed++;
      }
    }
    assertEquals(RolloutState.ROLLED_BACK, rollout.state(), rollout::toString);
    assertTrue(failed <= 15, failed + " calls failed");
    RolloutMetrics last = Await.value(rollout.ended().toCompletableFuture());
    assertEquals(RolloutTrigger.ERRORS, last.alarms().get(0).trigger());
    assertEquals(failed, last.canaryErrors());
    for (int k = 0; k < 200; k++) {
      assertEquals("1:7", deployment.predict(7, key(k)));
    }
    Await.until("both lanes are closed", () -> lanes.made.get(1).isClosed());
    Await.until("both lanes are closed", () -> lanes.made.get(2).isClosed());
    assertFalse(lanes.made.get(0).isClosed());
    Await.until("an alarm", () -> has(RolloutAlarmed.class));
    Await.until("a way back", () -> has(VersionRolledBack.class));
    assertEquals(1, deployment.metrics().rollbacks());
  }

  @Test
  void pause_andResume_keepTheShareAndTheTimeInTheStep() {
    Rollout rollout = deployment.rollOut(plan(0.2, 1));
    for (int i = 0; i < 30; i++) {
      lanes.timer.advanceMillis(1_000);
    }
    assertTrue(rollout.pause("lunch"));
    assertFalse(rollout.pause("again"));
    assertEquals("lunch", rollout.metrics().reason());
    minute();
    minute();
    assertEquals(1, rollout.metrics().step());
    assertEquals(Duration.ofSeconds(30), rollout.metrics().inStep());
    assertEquals(200, keysOf("canary", 1000).size(), 51);
    assertTrue(rollout.resume());
    assertFalse(rollout.resume());
    for (int i = 0; i < 29; i++) {
      lanes.timer.advanceMillis(1_000);
    }
    assertEquals(1, rollout.metrics().step());
    lanes.timer.advanceMillis(1_000);
    assertEquals(2, rollout.metrics().step());
    Await.until("a resumed rollout", () -> has(RolloutResumed.class));
    assertTrue(lanes.events().contains(new RolloutPaused("m", "m@2", "lunch")));
  }

  @Test
  void rollOut_whilePaused_stillRollsBack() {
    lanes.functions.put(
        2L,
        input -> {
          throw new IllegalStateException("bad model");
        });
    Rollout rollout = deployment.rollOut(plan(0.2, 1));
    rollout.pause("look");
    for (int k = 0; k < 500 && !rollout.state().isTerminal(); k++) {
      int each = k;
      try {
        deployment.predict(7, key(each));
      } catch (IllegalStateException e) {
        // the canary's
      }
    }
    assertEquals(RolloutState.ROLLED_BACK, rollout.state());
    assertFalse(rollout.resume());
    assertFalse(rollout.promote("no"));
    assertFalse(rollout.rollBack("no").isDone());
  }

  @Test
  void rollBack_byHand_noCallThatBeginsLaterSeesTheCanary() {
    Rollout rollout = deployment.rollOut(plan(0.5, 1));
    assertTrue(rollout.rollBack("complaints").isDone());
    assertEquals(0, keysOf("canary", 1000).size());
    assertEquals("complaints", rollout.metrics().reason());
    assertFalse(deployment.rollBack("once more").isDone());
    assertEquals("1:7", deployment.predict(7));
  }

  @Test
  void deploymentRollBack_duringARollout_endsIt() {
    Rollout rollout = deployment.rollOut(plan(0.5, 1));
    assertTrue(deployment.rollBack("complaints").isDone());
    assertEquals(RolloutState.ROLLED_BACK, rollout.state());
  }

  @Test
  void promote_byHand_servesAtOnce() {
    Rollout rollout = deployment.rollOut(plan(0.5, 1));
    assertTrue(rollout.promote("good enough"));
    assertEquals(version(2), deployment.version());
    assertEquals(RolloutState.PROMOTED, rollout.state());
    assertFalse(rollout.promote("again"));
  }

  @Test
  void switchTo_duringARollout_overrulesIt() {
    Rollout rollout = deployment.rollOut(plan(0.5, 1));
    assertTrue(deployment.switchTo(version(3)));
    assertEquals(RolloutState.ROLLED_BACK, rollout.state());
    assertEquals("overruled by a switch to m@3", rollout.metrics().reason());
    assertEquals("3:7", deployment.predict(7, key(1)));
  }

  @Test
  void switchTo_theCanary_promotesIt() {
    Rollout rollout = deployment.rollOut(plan(0.5, 1));
    assertTrue(deployment.switchTo(version(2)));
    assertEquals(RolloutState.PROMOTED, rollout.state());
    assertEquals(3, lanes.made.size());
  }

  @Test
  void rollOut_whatCannotBegin_isRefused() {
    Rollout rollout = deployment.rollOut(plan(0.5, 1));
    String message =
        assertThrows(IllegalStateException.class, () -> deployment.rollOut(plan(1))).getMessage();
    assertEquals(
        "m: expected no rollout under way, got that of m@2: promote it or roll it back first",
        message);
    rollout.promote("");
    assertThrows(IllegalArgumentException.class, () -> deployment.rollOut(plan(1)));
    lanes.onCreate.put(
        3L,
        () -> {
          throw new IllegalStateException("no such file");
        });
    RolloutPlan<Integer, String> bad = RolloutPlan.to(version(3));
    assertThrows(ModelLoadException.class, () -> deployment.rollOut(bad));
    assertTrue(deployment.rollout().isEmpty());
    assertEquals("2:7", deployment.predict(7));
  }

  @Test
  void rollOut_controlLaneCannotBeMade_isRefusedAndLeavesNothing() {
    int[] made = {0};
    lanes.onCreate.put(
        1L,
        () -> {
          made[0]++;
          throw new IllegalStateException("no memory");
        });
    assertThrows(ModelLoadException.class, () -> deployment.rollOut(plan(0.5, 1)));
    assertEquals(1, made[0]);
    Await.until("the canary is closed", () -> lanes.last().isClosed());
    assertEquals("1:7", deployment.predict(7));
  }

  @Test
  void rules_goFirst_andAreNotCompared() {
    RolloutPlan<Integer, String> plan =
        plan(0.5, 1)
            .withStableFor((input, options) -> input == 1)
            .withCanaryFor((input, options) -> input <= 2 || List.of().get(input) == null);
    Rollout rollout = deployment.rollOut(plan);
    for (int k = 0; k < 100; k++) {
      assertEquals("1:1", deployment.predict(1, key(k)));
      assertEquals("2:2", deployment.predict(2, key(k)));
    }
    assertEquals(0, rollout.metrics().canaryCalls());
    assertEquals(0, rollout.metrics().keys());
    Map<String, Integer> arms = new TreeMap<>();
    for (int k = 0; k < 1000; k++) {
      arms.merge(deployment.predict(7, key(k)), 1, Integer::sum); // the rule throws
    }
    assertEquals(500, arms.get("2:7"), 64);
  }

  @Test
  void keylessCalls_areDividedByChance() {
    deployment.rollOut(plan(0.2, 1));
    Map<String, Integer> arms = new TreeMap<>();
    for (int k = 0; k < 10_000; k++) {
      arms.merge(arm(CallOptions.DEFAULT), 1, Integer::sum);
    }
    assertEquals(2_000, arms.get("canary"), 200);
    assertEquals(2_000, arms.get("control"), 200);
  }

  @Test
  void holdBack_lastStep_keepsTheControlLane() {
    Rollout rollout = deployment.rollOut(plan(0.5, 1).withHoldBack(0.1));
    minute();
    assertEquals(2, rollout.metrics().step());
    assertEquals(900, keysOf("canary", 1000).size(), 40);
    assertEquals(100, keysOf("control", 1000).size(), 40);
  }

  @Test
  void close_duringARollout_closesAllLanes() {
    Rollout rollout = deployment.rollOut(plan(0.5, 1));
    deployment.close();
    assertEquals(RolloutState.CLOSED, rollout.state());
    assertTrue(lanes.made.stream().allMatch(FakeLane::isClosed));
    assertThrows(PredictorClosedException.class, () -> deployment.rollOut(plan(1)));
    assertFalse(rollout.promote("late"));
    assertSame(RolloutState.CLOSED, Await.value(rollout.ended().toCompletableFuture()).state());
  }

  @Test
  void list_goesToOneLane() {
    deployment.rollOut(plan(0.5, 1));
    for (int i = 0; i < 100; i++) {
      List<String> answers = deployment.predictAll(List.of(1, 2, 3));
      Set<Character> versions = new HashSet<>();
      answers.forEach(answer -> versions.add(answer.charAt(0)));
      assertEquals(1, versions.size(), answers::toString);
    }
    assertEquals(List.of(), deployment.predictAll(new ArrayList<>()));
  }

  /** Calls until the rollout ends, with a key each, one each 10 ms; returns how many went on. */
  private void callUntilTheEnd(Rollout rollout, int most) {
    for (int k = 0; k < most && !rollout.state().isTerminal(); k++) {
      lanes.timer.advanceMillis(10);
      try {
        var unused = deployment.predict(k, key(k));
      } catch (RuntimeException e) {
        // the canary's
      }
    }
  }

  @Test
  void canary_thatRefusesItsInputs_goesBack() {
    lanes.functions.put(
        2L,
        input -> {
          throw new InvalidInputException("x", "FLOAT[4]", "FLOAT[3]");
        });
    Rollout rollout = deployment.rollOut(plan(0.5, 1));
    callUntilTheEnd(rollout, 2_000);
    assertEquals(RolloutState.ROLLED_BACK, rollout.state(), rollout::toString);
    assertEquals(RolloutTrigger.ANSWERS, rollout.metrics().alarms().get(0).trigger());
  }

  @Test
  void canary_thatIsOverloaded_goesBack() {
    lanes.functions.put(
        2L,
        input -> {
          throw new OverloadedException(1, 1, Duration.ZERO);
        });
    Rollout rollout = deployment.rollOut(plan(0.5, 1));
    callUntilTheEnd(rollout, 2_000);
    assertEquals(RolloutState.ROLLED_BACK, rollout.state(), rollout::toString);
    assertEquals(RolloutTrigger.ANSWERS, rollout.metrics().alarms().get(0).trigger());
  }

  /** Both versions refuse the same calls: that is their callers' fault. */
  @Test
  void bothVersions_failAlike_theRolloutGoesOn() {
    Function<Integer, String> broken =
        input -> {
          if (input % 3 == 0) {
            throw new IllegalStateException("bad input");
          }
          return "";
        };
    lanes.functions.put(1L, broken);
    lanes.functions.put(2L, broken);
    try (Deployment<Integer, String> both = lanes.open()) {
      Rollout rollout = both.rollOut(plan(0.5, 1));
      for (int k = 0; k < 3_000; k++) {
        try {
          var unused = both.predict(k, key(k));
        } catch (IllegalStateException e) {
          // either's
        }
      }
      assertEquals(RolloutState.RUNNING, rollout.state(), rollout::toString);
      assertTrue(rollout.metrics().canaryErrors() > 300);
    }
  }

  @Test
  void score_ofTheCanaryIsNoNumber_goesBack() {
    lanes.functions.put(2L, input -> "NaN");
    lanes.functions.put(1L, input -> "" + input % 7);
    try (Deployment<Integer, String> scored = lanes.open()) {
      Rollout rollout = scored.rollOut(plan(0.5, 1).withScore(Double::parseDouble));
      for (int k = 0; k < 1_000 && !rollout.state().isTerminal(); k++) {
        var unused = scored.predict(k, key(k));
      }
      RolloutMetrics.RolloutAlarm alarm = rollout.metrics().alarms().get(0);
      assertEquals(RolloutTrigger.PREDICTIONS, alarm.trigger());
      assertEquals("scores that are no number", alarm.what());
    }
  }

  /** A score function that throws has the call not watched, and answered all the same. */
  @Test
  void score_thatThrows_harmsNothing() {
    Rollout rollout =
        deployment.rollOut(plan(0.5, 1).withScore(answer -> answer.charAt(answer.length())));
    for (int k = 0; k < 3_000; k++) {
      assertTrue(deployment.predict(7, key(k)).endsWith(":7"));
    }
    assertEquals(RolloutState.RUNNING, rollout.state());
    assertEquals(List.of(), rollout.metrics().alarms());
  }

  /** The first trigger only notifies: the second rolls back all the same. */
  @Test
  void alarm_thatNotifies_disarmsNoOtherTrigger() {
    lanes.functions.put(
        2L,
        input -> {
          throw new IllegalStateException("bad model");
        });
    Rollout rollout =
        deployment.rollOut(plan(0.5, 1).withAction(RolloutTrigger.ERRORS, TriggerAction.NOTIFY));
    callUntilTheEnd(rollout, 3_000);
    assertEquals(RolloutState.ROLLED_BACK, rollout.state(), rollout::toString);
    List<RolloutMetrics.RolloutAlarm> alarms = rollout.metrics().alarms();
    assertEquals(TriggerAction.NOTIFY, alarms.get(0).action());
    assertEquals(RolloutTrigger.ANSWERS, alarms.get(1).trigger());
  }

  @Test
  void alarm_thatPauses_stopsTheSteps_andCanBeResumed() {
    boolean[] isBad = {true};
    lanes.functions.put(
        2L,
        input -> {
          if (isBad[0]) {
            throw new IllegalStateException("bad model");
          }
          return "2";
        });
    Rollout rollout =
        deployment.rollOut(
            plan(0.3, 0.5, 1)
                .withAction(RolloutTrigger.ERRORS, TriggerAction.PAUSE)
                .withAction(RolloutTrigger.ANSWERS, TriggerAction.OFF));
    for (int k = 0; k < 500 && rollout.state() != RolloutState.PAUSED; k++) {
      try {
        var unused = deployment.predict(k, key(k));
      } catch (IllegalStateException e) {
        // the canary's
      }
    }
    assertEquals(RolloutState.PAUSED, rollout.state());
    isBad[0] = false;
    minute();
    assertEquals(1, rollout.metrics().step());
    assertTrue(rollout.resume());
    minute();
    assertEquals(2, rollout.metrics().step());
    isBad[0] = true; // a trigger that has paused one step still guards the next
    for (int k = 0; k < 500 && rollout.state() != RolloutState.PAUSED; k++) {
      try {
        var unused = deployment.predict(k, key(k));
      } catch (IllegalStateException e) {
        // the canary's
      }
    }
    assertEquals(RolloutState.PAUSED, rollout.state(), rollout::toString);
    assertEquals(2, rollout.metrics().alarms().size());
  }

  @Test
  void labels_ofTheCanarysMistakes_goBack() {
    Rollout rollout = deployment.rollOut(plan(0.5, 1));
    for (int k = 0; k < 1_000 && !rollout.state().isTerminal(); k++) {
      if (deployment.predict(7, key(k)).startsWith("2")) {
        rollout.label("user-" + k);
        rollout.label("user-" + k); // one vote a key
      }
    }
    assertEquals(RolloutState.ROLLED_BACK, rollout.state());
    RolloutMetrics.RolloutAlarm alarm = rollout.metrics().alarms().get(0);
    assertEquals(RolloutTrigger.LABELS, alarm.trigger());
    assertTrue(alarm.canaryVotes() >= 10 && alarm.canaryVotes() <= 20, alarm::toString);
    assertEquals(0, alarm.controlVotes());
  }
}
