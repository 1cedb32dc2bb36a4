package dev.inproc.inference.deploy;

import static dev.inproc.inference.deploy.Lanes.version;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.Answer;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.deploy.DeploymentMetrics.LaneMetrics;
import dev.inproc.inference.deploy.DeploymentMetrics.LaneState;
import dev.inproc.inference.deploy.ExperimentResults.ArmKeys;
import dev.inproc.inference.deploy.ExperimentResults.ArmScore;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.events.ServingEvent.ExperimentEnded;
import dev.inproc.inference.events.ServingEvent.ExperimentStarted;
import dev.inproc.inference.events.ServingEvent.VersionRefused;
import dev.inproc.inference.model.ModelVersion;
import dev.inproc.inference.testing.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An experiment as a deployment runs it. */
class ExperimentTest {
  private static final Duration HOUR = Duration.ofHours(1);

  private final Lanes lanes = new Lanes();
  private final Deployment<Integer, String> deployment = lanes.open();

  @AfterEach
  void close() {
    deployment.close();
    assertEquals(0, lanes.timer.pending(), "no task is left");
    lanes.made.forEach(lane -> assertTrue(lane.isClosed(), lane::toString));
  }

  private static ExperimentPlan plan(int... versions) {
    ExperimentPlan.Builder plan = ExperimentPlan.builder();
    for (int version : versions) {
      plan.arm("v" + version, version(version), 1);
    }
    return plan.metric(ExperimentMetric.total("m", HOUR)).build();
  }

  private static CallOptions key(String key) {
    return CallOptions.DEFAULT.withAffinityKey(key);
  }

  private String armOf(String key) {
    return deployment.experiment().orElseThrow().arm(key);
  }

  private static long keys(ExperimentResults results) {
    return results.arms().stream().mapToLong(ArmKeys::keys).sum();
  }

  // ---- calls ----

  @Test
  void callsOfAKey_ofEachKind_areAnsweredByItsArm() {
    Experiment experiment = deployment.experiment(plan(1, 2, 3));
    Predictor<Integer, Answer<String>> answers = deployment.answers();
    for (int i = 0; i < 60; i++) {
      String key = "user-" + i;
      String arm = experiment.arm(key);
      String expected = arm.substring(1) + ":7";
      for (int again = 0; again < 3; again++) {
        assertEquals(expected, deployment.predict(7, key(key)));
        assertEquals(expected, Await.value(deployment.submit(7, key(key))));
        assertEquals(List.of(expected, expected), deployment.predictAll(List.of(7, 7), key(key)));
      }
      Answer<String> answer = answers.predict(7, key(key));
      assertEquals(Optional.of(arm), answer.arm());
      assertEquals(Optional.of("m@" + arm.substring(1)), answer.version());
      assertEquals(Optional.of(arm), Await.value(answers.submit(7, key(key))).arm());
    }
    ExperimentResults results = experiment.results();
    assertEquals(60, keys(results));
    results.arms().forEach(arm -> assertTrue(arm.keys() > 5, arm::toString));
  }

  @Test
  void callsWithoutAKey_goToTheServingVersion_andCountNowhere() {
    Experiment experiment = deployment.experiment(plan(2, 3));
    for (int i = 0; i < 50; i++) {
      assertEquals("1:" + i, deployment.predict(i));
    }
    Answer<String> answer = deployment.answers().predict(7);
    assertEquals(Optional.empty(), answer.arm());
    assertEquals(0, keys(experiment.results()));
  }

  @Test
  void aFailedCall_exposesItsKeyToo() {
    lanes.functions.put(
        2L,
        input -> {
          throw new IllegalStateException("broken");
        });
    Experiment experiment = deployment.experiment(plan(1, 2));
    int failed = 0;
    for (int i = 0; i < 100; i++) {
      try {
        deployment.predict(7, key("k" + i));
      } catch (IllegalStateException e) {
        failed++;
      }
    }
    ExperimentResults results = experiment.results();
    assertEquals(failed, results.arms().get(1).keys());
    assertEquals(100, keys(results));
  }

  @Test
  void outcomes_areThoseOfTheKeysArm() {
    Experiment experiment = deployment.experiment(plan(1, 2));
    Map<String, Double> sums = new HashMap<>();
    for (int i = 0; i < 100; i++) {
      deployment.predict(7, key("k" + i));
      experiment.record("k" + i, "m", i);
      sums.merge(experiment.arm("k" + i), (double) i, Double::sum);
    }
    experiment.record("stranger", "m", 1e9);
    lanes.timer.advance(HOUR.toNanos());
    for (ArmScore score : experiment.results().metrics().get(0).arms()) {
      assertEquals(sums.get(score.arm()), score.value() * score.keys(), 1e-6);
    }
    assertEquals(1, experiment.results().ignored().unexposed());
    assertThrows(IllegalArgumentException.class, () -> experiment.record("k1", "m", 1, 2));
  }

  // ---- commands ----

  @Test
  void experiment_loadsEachVersionOnce_andStopFreesThem() {
    ExperimentPlan plan =
        ExperimentPlan.builder()
            .arm("a", version(1), 1)
            .arm("a2", version(1), 1)
            .arm("b", version(2), 1)
            .arm("b2", version(2), 1)
            .metric(ExperimentMetric.total("m", HOUR))
            .build();
    Experiment experiment = deployment.experiment(plan);
    assertEquals(2, lanes.made.size());
    assertEquals(
        List.of(
            new LaneMetrics(version(1), LaneState.SERVING),
            new LaneMetrics(version(2), LaneState.ARM)),
        deployment.metrics().lanes());
    assertTrue(experiment.stop("enough"));
    assertFalse(experiment.stop("again"));
    assertEquals("1:7", deployment.predict(7, key("any")));
    Await.latch(lanes.made.get(1).closed);
    assertTrue(lanes.made.get(1).closer.getName().startsWith("inproc-worker"));
    assertFalse(lanes.made.get(0).isClosed());
    assertEquals(Optional.of("enough"), experiment.results().ended());
    assertEquals(Optional.empty(), deployment.experiment());
    Await.until("the lane to be forgotten", () -> deployment.metrics().lanes().size() == 1);
    assertEquals(0, deployment.metrics().switches());
    experiment.close();
  }

  @Test
  void experimentOfTheServingVersionAlone_loadsNothing() {
    ExperimentPlan plan =
        ExperimentPlan.builder()
            .arm("a", version(1), 1)
            .arm("b", version(1), 1)
            .metric(ExperimentMetric.total("m", HOUR))
            .build();
    try (Experiment experiment = deployment.experiment(plan)) {
      assertEquals("1:7", deployment.predict(7, key("k")));
      assertEquals(1, keys(experiment.results()));
      assertEquals(1, lanes.made.size());
    }
    assertEquals("1:7", deployment.predict(7, key("k")));
  }

  @Test
  void changeWeights_assignsAnew_andForgets() {
    Experiment experiment = deployment.experiment(plan(1, 2));
    List<String> before = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      deployment.predict(7, key("k" + i));
      experiment.record("k" + i, "m", 1);
      before.add(experiment.arm("k" + i));
    }
    lanes.timer.advance(HOUR.toNanos());
    ExperimentResults first = experiment.changeWeights(Map.of("v1", 1.0, "v2", 1.0));
    assertEquals(1, first.phase());
    assertEquals(Optional.of("the weights changed"), first.ended());
    assertEquals(200, first.metrics().get(0).arms().stream().mapToLong(ArmScore::keys).sum());
    experiment.record("k1", "m", 1);
    int moved = 0;
    for (int i = 0; i < 200; i++) {
      moved += experiment.arm("k" + i).equals(before.get(i)) ? 0 : 1;
    }
    assertTrue(moved > 60 && moved < 140, "moved " + moved); // as chance
    ExperimentResults second = experiment.results();
    assertEquals(2, second.phase());
    assertEquals(0, keys(second));
    assertEquals(1, second.ignored().unexposed(), "the key made no call in this phase");
    deployment.predict(7, key("k1"));
    assertEquals(1, keys(experiment.results()));
    assertEquals(2, lanes.made.size(), "nothing is loaded anew");
    experiment.changeWeights(Map.of("v1", 1.0, "v2", 99.0));
    int second2 = 0;
    for (int i = 0; i < 200; i++) {
      second2 += experiment.arm("k" + i).equals("v2") ? 1 : 0;
    }
    assertTrue(second2 > 185, "in v2 " + second2);
  }

  @Test
  void changeWeights_ofOtherArms_isRefused() {
    Experiment experiment = deployment.experiment(plan(1, 2));
    List<Map<String, Double>> all =
        List.of(
            Map.of(),
            Map.of("v1", 1.0),
            Map.of("v1", 1.0, "v2", 1.0, "v3", 1.0),
            Map.of("v1", 1.0, "v2", 0.0),
            Map.of("v1", 1.0, "v2", Double.NaN));
    for (Map<String, Double> weights : all) {
      assertThrows(IllegalArgumentException.class, () -> experiment.changeWeights(weights));
    }
    assertEquals(1, experiment.results().phase());
    experiment.stop("over");
    assertThrows(
        IllegalStateException.class, () -> experiment.changeWeights(Map.of("v1", 1.0, "v2", 1.0)));
  }

  @Test
  void secondExperiment_isRefused() {
    Experiment experiment = deployment.experiment(plan(1, 2));
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> deployment.experiment(plan(1, 3)));
    assertEquals(
        "Deployment \"m\": expected no experiment under way, got that of v1 = m@1 50.0 %,"
            + " v2 = m@2 50.0 %: stop it first",
        e.getMessage());
    assertEquals(2, lanes.made.size());
    experiment.stop("over");
    try (Experiment next = deployment.experiment(plan(1, 3))) {
      assertEquals(1, next.results().phase());
    }
  }

  @Test
  void switchToAnArm_endsTheExperiment_andLoadsNothing() {
    Experiment experiment = deployment.experiment(plan(1, 2, 3));
    deployment.predict(7, key("k"));
    assertTrue(deployment.switchTo(version(2), "it won"));
    assertEquals(3, lanes.made.size());
    assertEquals("2:7", deployment.predict(7, key("k")));
    assertEquals("2:7", deployment.predict(7));
    Await.latch(lanes.made.get(2).closed);
    assertEquals(Optional.of("overruled by a switch to m@2"), experiment.results().ended());
    assertFalse(lanes.made.get(1).isClosed());
    assertTrue(deployment.rollBack("no").isDone());
    assertEquals("1:7", deployment.predict(7));
  }

  @Test
  void switchToAnotherVersion_orTheServingOne_endsTheExperiment() {
    Experiment experiment = deployment.experiment(plan(1, 2));
    assertFalse(deployment.switchTo(version(1)));
    assertTrue(experiment.results().ended().isPresent());
    Experiment second = deployment.experiment(plan(1, 2));
    assertTrue(deployment.switchTo(version(4)));
    assertTrue(second.results().ended().isPresent());
    assertEquals("4:7", deployment.predict(7, key("k")));
  }

  @Test
  void rollBack_endsTheExperimentFirst() {
    assertTrue(deployment.switchTo(version(2)));
    Experiment experiment = deployment.experiment(plan(2, 3));
    assertTrue(deployment.rollBack("strange").isDone());
    assertEquals(Optional.of("rolled back: strange"), experiment.results().ended());
    assertEquals("2:7", deployment.predict(7, key("k")));
    assertTrue(deployment.rollBack("stranger").isDone());
    assertEquals("1:7", deployment.predict(7, key("k")));
  }

  @Test
  void refusedVersion_leavesNothing() {
    lanes.onCreate.put(
        3L,
        () -> {
          throw new IllegalArgumentException("no such file");
        });
    ModelLoadException e =
        assertThrows(ModelLoadException.class, () -> deployment.experiment(plan(1, 2, 3)));
    assertTrue(e.getMessage().contains("m@3"), e::getMessage);
    assertTrue(lanes.made.get(1).isClosed(), "version 2 was loaded before");
    assertEquals("1:7", deployment.predict(7, key("k")));
    assertEquals(Optional.empty(), deployment.experiment());
    assertEquals(1, deployment.metrics().refused());
    Await.until(
        "the event",
        () ->
            lanes.events().stream()
                .anyMatch(each -> each instanceof VersionRefused r && r.version().equals("m@3")));
    try (Experiment experiment = deployment.experiment(plan(1, 2))) {
      assertEquals(1, experiment.results().phase());
    }
  }

  @Test
  void versionOfAnotherModel_isRefused() {
    ModelVersion other = ModelVersion.of("other", 2, ModelSource.bytes("o", new byte[] {2}));
    ExperimentPlan plan =
        ExperimentPlan.builder()
            .arm("a", version(1), 1)
            .arm("b", other, 1)
            .metric(ExperimentMetric.total("m", HOUR))
            .build();
    var e = assertThrows(IllegalArgumentException.class, () -> deployment.experiment(plan));
    assertEquals("Deployment \"m\": expected a version of model m, got other@2", e.getMessage());
  }

  @Test
  void switchTo_whileVersionsAreLoaded_overrulesTheExperiment() {
    CountDownLatch begun = new CountDownLatch(1);
    lanes.onCreate.put(
        3L,
        () -> {
          begun.countDown();
          Await.latch(new CountDownLatch(1)); // until it is given up
        });
    CompletableFuture<Experiment> experiment =
        CompletableFuture.supplyAsync(() -> deployment.experiment(plan(1, 2, 3)));
    Await.latch(begun);
    assertEquals(1, deployment.metrics().loading().size());
    assertTrue(deployment.switchTo(version(4)));
    assertTrue(Await.failure(experiment) instanceof CancellationException);
    assertEquals("4:7", deployment.predict(7, key("k")));
    Await.latch(lanes.made.get(1).closed);
  }

  @Test
  void factory_thatGivesACommand_isRefused() {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    for (long version : new long[] {2, 3}) {
      lanes.onCreate.put(
          version,
          () -> {
            try {
              deployment.experiment(plan(1, 5));
            } catch (IllegalStateException e) {
              failure.set(e);
            }
          });
      try (Experiment experiment = deployment.experiment(plan(1, 2, 3))) {
        assertTrue(failure.getAndSet(null) != null, "version " + version);
        assertEquals(1, experiment.results().phase());
      }
      lanes.onCreate.clear();
    }
  }

  @Test
  void close_endsTheExperiment_andFreesItsLanes() {
    Experiment experiment = deployment.experiment(plan(1, 2));
    deployment.predict(7, key("k"));
    deployment.close();
    assertEquals(Optional.of("the deployment was closed"), experiment.results().ended());
    assertThrows(PredictorClosedException.class, () -> deployment.predict(7, key("k")));
    assertThrows(PredictorClosedException.class, () -> deployment.experiment(plan(1, 2)));
    experiment.record("k", "m", 1);
    assertEquals(1, experiment.results().ignored().ended());
    assertFalse(experiment.stop("late"));
  }

  @Test
  void events_tellOfEachPhase() {
    Experiment experiment = deployment.experiment(plan(1, 2));
    experiment.changeWeights(Map.of("v1", 1.0, "v2", 3.0));
    experiment.stop("enough");
    Await.until("four events", () -> lanes.events().size() == 4); // and the lane is retired
    var all = lanes.events();
    String arms = "v1 = m@1 25.0 %, v2 = m@2 75.0 %";
    assertTrue(all.contains(new ExperimentStarted("m", 2, arms)), all::toString);
    assertTrue(all.contains(new ExperimentEnded("m", 2, "enough")), all::toString);
  }

  @Test
  void description_namesTheExperiment() {
    assertEquals("none", deployment.describe().figure("experiment").orElseThrow().value());
    try (Experiment experiment = deployment.experiment(plan(1, 2))) {
      deployment.predict(7, key("k"));
      var description = deployment.describe();
      assertEquals(
          "v1 = m@1, v2 = m@2, phase 1", description.figure("experiment").orElseThrow().value());
      assertEquals(1.0, description.figure("experiment.keys").orElseThrow().value());
      long bytes = experiment.results().bytes();
      assertEquals((double) bytes, description.figure("experiment.memory").orElseThrow().value());
    }
  }

  /** The lane of an arm retires under a call: the answer names no arm, since none gave it. */
  @Test
  void callThatTheEndOvertakes_isAnsweredByTheServingVersion() {
    CountDownLatch routed = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    lanes.functions.put(
        2L,
        input -> {
          routed.countDown();
          Await.latch(go);
          throw new PredictorClosedException("lane2"); // as a layer that is closed meanwhile
        });
    Experiment experiment = deployment.experiment(plan(1, 2));
    String key = "k0";
    for (int i = 0; !experiment.arm(key).equals("v2"); i++) {
      key = "k" + i;
    }
    CallOptions options = key(key);
    Predictor<Integer, Answer<String>> outside = deployment.borrowed().answers();
    CompletableFuture<Answer<String>> answer =
        CompletableFuture.supplyAsync(() -> outside.predict(7, options));
    Await.latch(routed);
    experiment.stop("over");
    go.countDown();
    assertEquals("1:7", Await.value(answer).value());
    assertEquals(Optional.empty(), Await.value(answer).arm());
    assertEquals(Optional.of("m@1"), Await.value(answer).version());
  }

  // ---- real concurrency ----

  @Test
  void callersAndRecorders_ofAllThreads_areCountedExactly() {
    int threads = 8;
    int keys = 4_000;
    Experiment experiment = deployment.experiment(plan(1, 2, 3));
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Map<String, LongAdder> sums = new ConcurrentHashMap<>();
    AtomicBoolean isOver = new AtomicBoolean();
    List<Thread> all = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      int seed = t;
      all.add(
          new Thread(
              () -> {
                try {
                  for (int i = 0; i < keys; i++) { // all keys, each thread in an order of its own
                    String key = "k" + (i * 1_237 + seed * 499) % keys;
                    String arm = experiment.arm(key);
                    assertEquals(arm.substring(1) + ":7", deployment.predict(7, key(key)));
                    int value = ThreadLocalRandom.current().nextInt(10);
                    experiment.record(key, "m", value);
                    sums.computeIfAbsent(arm, each -> new LongAdder()).add(value);
                  }
                } catch (Throwable e) {
                  failure.compareAndSet(null, e);
                }
              }));
    }
    Thread reader =
        new Thread(
            () -> {
              while (!isOver.get()) {
                experiment.results();
              }
            });
    reader.start();
    all.forEach(Thread::start);
    all.forEach(Await::end);
    isOver.set(true);
    Await.end(reader);
    if (failure.get() != null) {
      throw new AssertionError("a call failed", failure.get());
    }
    Map<String, Long> ledger = new HashMap<>();
    for (int i = 0; i < keys; i++) {
      ledger.merge(experiment.arm("k" + i), 1L, Long::sum);
    }
    lanes.timer.advance(HOUR.toNanos());
    ExperimentResults results = experiment.results();
    for (ArmKeys arm : results.arms()) {
      assertEquals(ledger.get(arm.arm().name()).longValue(), arm.keys());
    }
    for (ArmScore score : results.metrics().get(0).arms()) {
      assertEquals(ledger.get(score.arm()).longValue(), score.keys());
      assertEquals((double) sums.get(score.arm()).sum(), score.value() * score.keys(), 1e-6);
    }
    assertEquals(new ExperimentResults.Ignored(0, 0, 0, 0), results.ignored());
  }

  /** Phases, ends and switches under callers: no call fails, each has one version's answer. */
  @Test
  void commands_underCallers_failNoCall() {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    AtomicBoolean isOver = new AtomicBoolean();
    LongAdder calls = new LongAdder();
    List<Thread> all = new ArrayList<>();
    for (int t = 0; t < 8; t++) {
      int kind = t;
      all.add(
          new Thread(
              () -> {
                try {
                  for (int i = 0; !isOver.get(); i++) {
                    CallOptions options = key("k" + i % 997);
                    String answer =
                        kind % 2 == 0
                            ? deployment.predict(7, options)
                            : Await.value(deployment.submit(7, options));
                    assertTrue(answer.matches("[1-3]:7"), answer);
                    calls.increment();
                  }
                } catch (Throwable e) {
                  failure.compareAndSet(null, e);
                }
              }));
    }
    all.forEach(Thread::start);
    for (int round = 0; round < 30 && failure.get() == null; round++) {
      Experiment experiment = deployment.experiment(plan(1, 2, 3));
      experiment.changeWeights(Map.of("v1", 1.0, "v2", 2.0, "v3", 3.0));
      switch (round % 3) {
        case 0 -> assertTrue(experiment.stop("round"));
        case 1 -> {
          assertTrue(deployment.switchTo(version(3)));
          assertTrue(deployment.switchTo(version(1)));
        }
        default -> assertTrue(deployment.rollBack("round").isDone());
      }
      assertNotEquals(Optional.empty(), experiment.results().ended());
    }
    isOver.set(true);
    all.forEach(Await::end);
    if (failure.get() != null) {
      throw new AssertionError("after " + calls + " calls", failure.get());
    }
  }

  @Test
  void nullArguments_areRefusedAtOnce() {
    assertThrows(NullPointerException.class, () -> deployment.experiment(null));
    try (Experiment experiment = deployment.experiment(plan(1, 2))) {
      assertThrows(NullPointerException.class, () -> experiment.record(null, "m", 1));
      assertThrows(NullPointerException.class, () -> experiment.record("k", null, 1));
      assertThrows(NullPointerException.class, () -> experiment.stop(null));
      assertThrows(NullPointerException.class, () -> experiment.arm(null));
      assertThrows(NullPointerException.class, () -> experiment.changeWeights(null));
      assertEquals(armOf("k"), experiment.arm("k"));
    }
  }
}
