package dev.inproc.inference.deploy;

import static dev.inproc.inference.deploy.Lanes.version;
import static dev.inproc.inference.deploy.ShadowLanes.INPUT;
import static dev.inproc.inference.deploy.ShadowLanes.plan;
import static dev.inproc.inference.deploy.ShadowLanes.times;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.Answer;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.CacheMode;
import dev.inproc.inference.CallOptions.Priority;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.deploy.DeploymentMetrics.LaneMetrics;
import dev.inproc.inference.deploy.DeploymentMetrics.LaneState;
import dev.inproc.inference.deploy.ShadowLanes.VectorLane;
import dev.inproc.inference.events.ServingEvent.ShadowStarted;
import dev.inproc.inference.events.ServingEvent.ShadowStopped;
import dev.inproc.inference.metrics.LayerDescription;
import dev.inproc.inference.testing.Await;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a shadow sees of a deployment's calls, and what it tells of its answers. */
class ShadowTest {
  private final ShadowLanes lanes = new ShadowLanes();
  private final Deployment<float[], float[]> deployment = lanes.open();

  @AfterEach
  void close() {
    deployment.close();
    assertEquals(0, lanes.timer.pending(), "no task is left");
    lanes.made.forEach(lane -> assertTrue(lane.isClosed, lane::toString));
  }

  @Test
  void calls_ofEachKind_areCopiedAndCompared() {
    Shadow shadow = deployment.shadow(plan());
    Predictor<float[], Answer<float[]>> answers = deployment.answers();
    assertArrayEquals(INPUT, deployment.predict(INPUT));
    assertArrayEquals(INPUT, Await.value(deployment.submit(INPUT)));
    assertEquals(2, deployment.predictAll(List.of(INPUT, INPUT)).size());
    assertArrayEquals(INPUT, answers.predict(INPUT).value());
    assertEquals(Optional.of("m@1"), Await.value(answers.submit(INPUT)).version());
    assertEquals(2, answers.predictAll(List.of(INPUT, INPUT)).size());
    lanes.drain(shadow);
    ShadowMetrics metrics = shadow.metrics();
    assertEquals(8, metrics.offered());
    assertEquals(8, metrics.compared());
    assertEquals(8, lanes.lane(1).inputs.size());
    assertEquals(8, metrics.primaryNanos().count());
    assertEquals(8, metrics.shadowNanos().count());
    assertEquals(8, metrics.agreement().agreeing());
    assertEquals(3, metrics.agreement().maxError()); // 3 against 6
    assertEquals(1, metrics.agreement().minCosine(), 1e-6);
    assertEquals(version(2), shadow.version());
    assertEquals(version(1), metrics.primary());
  }

  @Test
  void warmUpsAndCallsBeforeAndAfter_areNotCopied() {
    deployment.predict(INPUT);
    Shadow shadow = deployment.shadow(plan());
    shadow.close();
    deployment.predict(INPUT);
    assertEquals(0, shadow.metrics().offered());
    assertEquals(List.of(), lanes.lane(1).inputs);
  }

  @Test
  void failedCalls_ofEachKind_areNotCopied() {
    CountDownLatch mayRun = new CountDownLatch(1);
    lanes.functions.put(
        1L,
        input -> {
          if (input[0] == 5) {
            Await.latch(mayRun);
            return input;
          }
          throw new IllegalStateException("planned");
        });
    Shadow shadow = deployment.shadow(plan());
    assertThrows(IllegalStateException.class, () -> deployment.predict(INPUT));
    assertThrows(IllegalStateException.class, () -> deployment.predictAll(List.of(INPUT, INPUT)));
    assertThrows(IllegalStateException.class, () -> deployment.answers().predict(INPUT));
    assertTrue(Await.failure(deployment.submit(INPUT)) instanceof IllegalStateException);
    CompletableFuture<float[]> cancelled = deployment.submit(new float[] {5});
    assertTrue(cancelled.cancel(false));
    mayRun.countDown();
    assertArrayEquals(new float[] {5}, deployment.predict(new float[] {5}));
    lanes.drain(shadow);
    assertEquals(1, shadow.metrics().offered());
    assertEquals(1, shadow.metrics().compared());
    assertEquals(1, lanes.lane(1).inputs.size());
  }

  /** A place that a failed call kept would be lost for ever. */
  @Test
  void failedAndCancelledSubmits_keepNoPlaceInTheQueue() {
    CountDownLatch mayRun = new CountDownLatch(1);
    lanes.functions.put(
        1L,
        input -> {
          Await.latch(mayRun);
          if (input[0] == 5) {
            throw new IllegalStateException("planned");
          }
          return input;
        });
    Shadow shadow = deployment.shadow(plan().withQueue(2));
    for (int i = 0; i < 10; i++) {
      assertTrue(deployment.submit(INPUT).cancel(false));
    }
    CompletableFuture<float[]> failing = deployment.submit(new float[] {5});
    mayRun.countDown();
    Await.failure(failing);
    for (int i = 0; i < 10; i++) {
      Await.value(deployment.submit(INPUT));
      lanes.drain(shadow);
    }
    assertEquals(10, shadow.metrics().compared());
    assertEquals(0, shadow.metrics().dropped());
  }

  @Test
  void callersThatReuseTheirArrays_changeNoCopy() {
    Shadow shadow = deployment.shadow(plan());
    float[] reused = INPUT.clone();
    Arrays.fill(deployment.predict(reused), 9);
    Arrays.fill(reused, 9);
    float[] submitted = INPUT.clone();
    CompletableFuture<float[]> future = deployment.submit(submitted);
    Arrays.fill(submitted, 9); // its request is encoded
    Arrays.fill(Await.value(future), 9);
    float[] listed = INPUT.clone();
    Arrays.fill(deployment.predictAll(List.of(listed)).get(0), 9);
    Arrays.fill(listed, 9);
    lanes.drain(shadow);
    lanes.lane(1).inputs.forEach(seen -> assertArrayEquals(INPUT, seen));
    assertEquals(3, shadow.metrics().agreement().pairs());
    assertEquals(3, shadow.metrics().agreement().maxError());
  }

  @Test
  void shadowThatWritesIntoItsRequest_changesNeitherTheCallersNorTheRecorders() {
    lanes.functions.put(
        2L,
        input -> {
          Arrays.fill(input, 9);
          return input;
        });
    List<float[]> recorded = Collections.synchronizedList(new java.util.ArrayList<>());
    Shadow shadow =
        deployment.shadow(
            plan()
                .withRecorder(
                    (input, primary, answer) -> {
                      recorded.add(input);
                      recorded.add(primary);
                      recorded.add(answer);
                    }));
    float[] input = INPUT.clone();
    float[] answer = deployment.predict(input);
    lanes.drain(shadow);
    assertArrayEquals(INPUT, input);
    assertArrayEquals(INPUT, answer);
    assertArrayEquals(INPUT, recorded.get(0));
    assertArrayEquals(INPUT, recorded.get(1));
    assertArrayEquals(new float[] {9, 9, 9}, recorded.get(2));
  }

  @Test
  void options_ofTheCaller_areKeptWhereTheyDecideTheAnswer() {
    Shadow shadow = deployment.shadow(plan().withTimeout(Duration.ofSeconds(3)));
    CallOptions callers =
        CallOptions.timeout(Duration.ofHours(1))
            .withAffinityKey("user")
            .withCacheScope("tenant")
            .withRequestId("trace")
            .withPriority(Priority.HIGH)
            .withExecutor(Runnable::run);
    deployment.answers().predict(INPUT, callers.withCacheMode(CacheMode.BYPASS));
    deployment.predict(INPUT, callers.withCacheMode(CacheMode.ONLY_IF_CACHED));
    lanes.drain(shadow);
    CallOptions seen = lanes.lane(1).options.get(0);
    assertEquals(Duration.ofSeconds(3), seen.timeout());
    assertEquals(Priority.LOW, seen.priority());
    assertEquals("user", seen.affinityKey());
    assertEquals("tenant", seen.cacheScope());
    assertEquals("trace", seen.requestId());
    assertEquals(CacheMode.BYPASS, seen.cacheMode());
    assertNull(seen.executor());
    assertEquals(List.of(true, false), lanes.lane(0).hadFacts);
    assertEquals(List.of(false, false), lanes.lane(1).hadFacts);
    assertEquals(CacheMode.USE, lanes.lane(1).options.get(1).cacheMode());
  }

  @Test
  void share_ofCalls_isCopied() {
    Shadow shadow = deployment.shadow(plan().withShare(0.1).withQueue(10_000));
    for (int i = 0; i < 10_000; i++) {
      deployment.predict(INPUT);
    }
    long offered = shadow.metrics().offered();
    assertTrue(offered > 850 && offered < 1_150, "1,000 +- 5 sigma: " + offered);
    assertEquals(0, shadow.metrics().dropped());
    shadow.close();
  }

  @Test
  void switch_duringAShadow_comparesAnewWithTheVersionThatServes() {
    lanes.functions.put(3L, input -> times(input, -1)); // does not agree
    Shadow shadow = deployment.shadow(plan());
    deployment.predict(INPUT);
    deployment.predict(INPUT);
    lanes.drain(shadow);
    deployment.predict(INPUT); // waits while the version is switched
    assertTrue(deployment.switchTo(version(3)));
    deployment.predict(INPUT);
    lanes.drain(shadow);
    ShadowMetrics metrics = shadow.metrics();
    assertEquals(version(3), metrics.primary());
    assertEquals(4, metrics.offered());
    assertEquals(3, metrics.compared());
    assertEquals(1, metrics.dropped(), "the answer of a version that does not serve");
    assertEquals(1, metrics.agreement().pairs());
    assertEquals(0, metrics.agreement().agreeing());
  }

  @Test
  void rollOut_withAGate_isRefusedUntilTheShadowPasses() {
    Shadow shadow = deployment.shadow(plan().withQueue(1_000));
    RolloutPlan<float[], float[]> gated =
        RolloutPlan.<float[], float[]>to(version(2)).withGate(shadow, new ShadowGate(10, 0.5));
    ModelLoadException refused =
        assertThrows(ModelLoadException.class, () -> deployment.rollOut(gated));
    assertTrue(String.valueOf(refused.getMessage()).contains("10"), refused::toString);
    for (int i = 0; i < 10; i++) {
      deployment.predict(INPUT);
    }
    lanes.drain(shadow);
    Rollout rollout = deployment.rollOut(gated);
    assertEquals(RolloutState.RUNNING, rollout.state());
    rollout.rollBack("the test is over");
    assertThrows(
        IllegalArgumentException.class,
        () ->
            RolloutPlan.<float[], float[]>to(version(9)).withGate(shadow, new ShadowGate(10, 0.5)));
    lanes.timer.advanceMillis(1_000); // the rollout's last look at the clock
  }

  @Test
  void gate_opensOnceEnoughPairsAgree() {
    Shadow shadow = deployment.shadow(plan().withQueue(1_000));
    ShadowGate gate = new ShadowGate(381, 0.99);
    for (int i = 0; i < 380; i++) {
      deployment.predict(INPUT);
    }
    lanes.drain(shadow);
    String few = shadow.refusal(gate).orElseThrow();
    assertTrue(few.contains("m@2") && few.contains("380") && few.contains("381"), few);
    deployment.predict(INPUT);
    lanes.drain(shadow);
    assertEquals(Optional.empty(), shadow.refusal(gate));
    lanes.functions.put(
        2L,
        input -> {
          throw new IllegalStateException("planned");
        });
    deployment.predict(INPUT);
    lanes.drain(shadow);
    String failed = shadow.refusal(gate).orElseThrow();
    assertTrue(failed.contains("381 of 382") && failed.contains("0.99"), failed);
  }

  @Test
  void figures_ofADeployment_tellItsShadow() {
    assertEquals(Optional.empty(), deployment.metrics().shadow());
    Shadow shadow = deployment.shadow(plan().withShare(0.5));
    assertTrue(
        deployment.metrics().lanes().contains(new LaneMetrics(version(2), LaneState.SHADOW)));
    assertEquals(shadow.metrics(), deployment.metrics().shadow().orElseThrow());
    LayerDescription layer = deployment.describe().inner().get(1);
    assertEquals("shadow", layer.kind());
    assertEquals("m@2", layer.name());
    assertEquals(0L, layer.figure("shadow.compared").orElseThrow().value());
    shadow.close();
    shadow.close();
    assertEquals(Optional.empty(), deployment.metrics().shadow());
    assertEquals(1, deployment.describe().inner().size());
    Await.until("two events", () -> lanes.events().size() == 2);
    assertEquals(
        List.of(new ShadowStarted("m", "m@2", 0.5), new ShadowStopped("m", "m@2", 0, 0, 0)),
        lanes.events());
    VectorLane lane = lanes.lane(1);
    assertTrue(lane.isClosed);
    assertTrue(lane.closer.getName().startsWith("inproc-worker"), lane.closer::getName);
    assertFalse(lanes.lane(0).isClosed);
  }

  /** A large, slow version teaches: its answers to real requests train the next small one. */
  @Test
  void teachersShadow_recordsRequestsAndAnswersToAFile(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("teacher.jsonl");
    try (BufferedWriter writer = Files.newBufferedWriter(file);
        Shadow teacher =
            deployment.shadow(
                plan()
                    .withRecorder(
                        (input, student, answer) -> {
                          writer.write(
                              "{\"input\": "
                                  + Arrays.toString(input)
                                  + ", \"teacher\": "
                                  + Arrays.toString(answer)
                                  + "}\n");
                          if (input[0] == 2) {
                            throw new IOException("disk full");
                          }
                        }))) {
      for (int i = 0; i < 4; i++) {
        assertArrayEquals(new float[] {i, 1}, deployment.predict(new float[] {i, 1}));
      }
      lanes.drain(teacher);
      assertEquals(4, teacher.metrics().compared());
      assertEquals(1, teacher.metrics().recorderFailures());
      assertTrue(teacher.metrics().lastFailure().orElseThrow().contains("disk full"));
    }
    assertEquals(
        List.of(
            "{\"input\": [0.0, 1.0], \"teacher\": [0.0, 2.0]}",
            "{\"input\": [1.0, 1.0], \"teacher\": [2.0, 2.0]}",
            "{\"input\": [2.0, 1.0], \"teacher\": [4.0, 2.0]}",
            "{\"input\": [3.0, 1.0], \"teacher\": [6.0, 2.0]}"),
        Files.readAllLines(file));
  }
}
