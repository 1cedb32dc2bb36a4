package dev.inproc.inference.deploy;

import static dev.inproc.inference.deploy.Lanes.version;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.Answer;
import dev.inproc.inference.ForwardingPredictor;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.deploy.DeploymentMetrics.LaneMetrics;
import dev.inproc.inference.deploy.DeploymentMetrics.LaneState;
import dev.inproc.inference.events.ServingEvent;
import dev.inproc.inference.events.ServingEvent.VersionRefused;
import dev.inproc.inference.events.ServingEvent.VersionRetired;
import dev.inproc.inference.events.ServingEvent.VersionRolledBack;
import dev.inproc.inference.events.ServingEvent.VersionSwitched;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.internal.concurrent.BoundedClose;
import dev.inproc.inference.internal.concurrent.Workers;
import dev.inproc.inference.model.ModelVersion;
import dev.inproc.inference.monitoring.Health;
import dev.inproc.inference.testing.Await;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DeploymentTest {
  private final Lanes lanes = new Lanes();
  private final Deployment<Integer, String> deployment = lanes.open();

  @AfterEach
  void close() {
    deployment.close();
    assertEquals(0, lanes.timer.pending(), "no task is left");
    lanes.made.forEach(lane -> assertTrue(lane.isClosed(), lane::toString));
  }

  @Test
  void calls_ofEachKind_areAnsweredByTheServingVersion() {
    assertEquals("1:7", deployment.predict(7));
    assertEquals("1:7", Await.value(deployment.submit(7)));
    assertEquals(List.of("1:7", "1:8"), deployment.predictAll(List.of(7, 8)));
    assertEquals(version(1), deployment.version());
    assertTrue(deployment.switchTo(version(2)));
    assertEquals("2:7", deployment.predict(7));
    assertEquals("2:7", Await.value(deployment.submit(7)));
    assertEquals(List.of("2:7", "2:8"), deployment.predictAll(List.of(7, 8)));
    assertEquals(version(2), deployment.version());
  }

  @Test
  void switchTo_theServingVersion_changesNothing() {
    assertFalse(deployment.switchTo(version(1)));
    assertEquals(1, lanes.made.size());
    assertEquals(0, deployment.metrics().switches());
  }

  @Test
  void switchTo_backWhileWarm_loadsNothing() {
    assertTrue(deployment.switchTo(version(2)));
    assertTrue(deployment.switchTo(version(1)));
    assertEquals("1:7", deployment.predict(7));
    assertEquals(2, lanes.made.size());
    assertTrue(deployment.switchTo(version(2)));
    assertEquals(2, lanes.made.size());
  }

  @Test
  void oldVersion_afterItsWarmTime_isClosedByALibraryThread() {
    assertTrue(deployment.switchTo(version(2)));
    FakeLane old = lanes.made.get(0);
    lanes.timer.advance(Duration.ofMinutes(10).toNanos() - 1);
    assertFalse(old.isClosed());
    assertEquals(lane(1, LaneState.WARM), deployment.metrics().lanes().get(1));
    lanes.timer.advance(1);
    Await.latch(old.closed);
    assertTrue(old.closer.getName().startsWith("inproc-worker"), old.closer::getName);
    Await.until("the lane to be forgotten", () -> deployment.metrics().lanes().size() == 1);
    assertFalse(deployment.rollBack("too late").isDone());
    assertEquals("2:7", deployment.predict(7));
  }

  private static LaneMetrics lane(long number, LaneState state) {
    return new LaneMetrics(version(number), state);
  }

  @Test
  void thirdVersion_closesTheFirst() {
    assertTrue(deployment.switchTo(version(2)));
    assertTrue(deployment.switchTo(version(3)));
    Await.latch(lanes.made.get(0).closed);
    assertFalse(lanes.made.get(1).isClosed());
    assertEquals(1, lanes.timer.pending());
  }

  @Test
  void rollBack_toTheWarmVersion_isInForceWhenItReturns() {
    assertTrue(deployment.switchTo(version(2)));
    Rollback rollback = deployment.rollBack("alarms");
    assertTrue(rollback.isDone());
    assertEquals("1:7", deployment.predict(7));
    assertNull(Await.value(rollback.durable().toCompletableFuture()));
    Await.latch(lanes.made.get(1).closed); // what is rolled back is not kept
    assertFalse(deployment.rollBack("again").isDone());
    assertEquals("1:7", deployment.predict(7));
    assertEquals(1, deployment.metrics().rollbacks());
    assertEquals(2, deployment.metrics().switches());
  }

  @Test
  void rollBack_withoutAnEarlierVersion_changesNothing() {
    assertFalse(deployment.rollBack("why not").isDone());
    assertEquals("1:7", deployment.predict(7));
    assertEquals(List.of(), lanes.events());
  }

  @Test
  void answers_ofEachKind_nameTheirVersion() {
    Predictor<Integer, Answer<String>> answers = deployment.answers();
    assertTrue(deployment.switchTo(version(2)));
    assertEquals(Optional.of("m@2"), answers.predict(7).version());
    assertEquals(Optional.of("m@2"), Await.value(answers.submit(7)).version());
    answers.predictAll(List.of(1, 2)).forEach(a -> assertEquals(Optional.of("m@2"), a.version()));
    assertEquals("2:7", answers.predict(7).value());
    Predictor<Integer, Answer<String>> outside = deployment.borrowed().answers();
    assertEquals(Optional.of("m@2"), outside.predict(7).version());
    assertEquals(Optional.of("m@2"), Await.value(outside.submit(7)).version());
  }

  @Test
  void refusedVersion_leavesTheOldOneServing() {
    lanes.onCreate.put(
        2L,
        () -> {
          throw new IllegalArgumentException("no such file");
        });
    ModelLoadException e =
        assertThrows(ModelLoadException.class, () -> deployment.switchTo(version(2)));
    assertTrue(e.getMessage().contains("m@2"), e::getMessage);
    assertTrue(e.getMessage().contains("no such file"), e::getMessage);
    assertEquals("1:7", deployment.predict(7));
    assertEquals(1, deployment.metrics().refused());
    lanes.onCreate.clear();
    assertTrue(deployment.switchTo(version(2)));
  }

  @Test
  void events_tellOfEachDecision() {
    assertTrue(deployment.switchTo(version(2)));
    assertTrue(deployment.rollBack("alarms").isDone());
    lanes.onCreate.put(
        3L,
        () -> {
          throw new IllegalArgumentException("no such file");
        });
    assertThrows(ModelLoadException.class, () -> deployment.switchTo(version(3)));
    Await.until("four events", () -> lanes.events().size() == 4);
    List<ServingEvent> all = lanes.events();
    assertTrue(all.contains(new VersionSwitched("m", "m@1", "m@2", Duration.ZERO)), all::toString);
    assertTrue(all.contains(new VersionRolledBack("m", "m@2", "m@1", "alarms")), all::toString);
    assertTrue(all.contains(new VersionRetired("m", "m@2")), all::toString);
    assertTrue(
        all.stream().anyMatch(e -> e instanceof VersionRefused r && r.version().equals("m@3")),
        all::toString);
  }

  @Test
  void closed_refusesCallsAndCommands() {
    assertTrue(deployment.switchTo(version(2)));
    String name = deployment.toString();
    assertEquals("deployed(lane2)", name);
    deployment.close();
    deployment.close();
    assertTrue(deployment.close(Duration.ofSeconds(1)));
    PredictorClosedException e =
        assertThrows(PredictorClosedException.class, () -> deployment.predict(7));
    assertEquals(name, e.predictor());
    assertTrue(Await.failure(deployment.submit(7)) instanceof PredictorClosedException);
    assertThrows(PredictorClosedException.class, () -> deployment.predictAll(List.of(1)));
    assertThrows(PredictorClosedException.class, () -> deployment.switchTo(version(1)));
    assertThrows(PredictorClosedException.class, () -> deployment.rollBack("late"));
    assertThrows(PredictorClosedException.class, () -> deployment.answers().predict(1));
    assertEquals(0, deployment.metrics().retriedCalls());
    assertEquals(List.of(), deployment.metrics().lanes());
  }

  @Test
  void find_seesTheServingVersion() {
    assertSame(deployment, deployment.find(Deployment.class).orElseThrow());
    assertSame(lanes.made.get(0), deployment.find(FakeLane.class).orElseThrow());
    assertTrue(deployment.switchTo(version(2)));
    assertSame(lanes.made.get(1), deployment.find(FakeLane.class).orElseThrow());
  }

  @Test
  void description_hasTheServingVersionInside() {
    assertTrue(deployment.switchTo(version(2)));
    var description = deployment.describe();
    assertEquals("deployment", description.kind());
    assertEquals("m@2", description.figure("version").orElseThrow().value());
    assertEquals("m@1", description.figure("versions.warm").orElseThrow().value());
    assertEquals("none", description.figure("versions.loading").orElseThrow().value());
    assertEquals(1L, description.figure("switches").orElseThrow().value());
    assertEquals("lane2", description.inner().get(0).name());
    assertEquals(Health.Status.READY, Health.of(description).status());
    deployment.close();
    assertEquals(Health.Status.DEGRADED, Health.of(deployment.describe()).status());
  }

  @Test
  void borrowedView_closed_leavesTheDeploymentOpen() {
    Predictor<Integer, String> view = deployment.borrowed();
    assertTrue(deployment.switchTo(version(2)));
    assertEquals("2:7", view.predict(7));
    view.close();
    assertThrows(PredictorClosedException.class, () -> view.predict(7));
    assertEquals("2:7", deployment.predict(7));
  }

  @Test
  void nullArguments_areRefusedAtOnce() {
    assertThrows(NullPointerException.class, () -> deployment.predict(null));
    assertThrows(NullPointerException.class, () -> deployment.submit(null));
    assertThrows(NullPointerException.class, () -> deployment.predictAll(null));
    assertThrows(NullPointerException.class, () -> deployment.predict(7, null));
    assertThrows(NullPointerException.class, () -> deployment.switchTo(null));
    assertThrows(NullPointerException.class, () -> deployment.rollBack(null));
  }

  @Test
  void switchTo_aVersionOfAnotherModel_isRefused() {
    try (var deployment = lanes.open()) {
      ModelVersion other = ModelVersion.of("other", 2, ModelSource.bytes("o", new byte[] {2}));
      var e = assertThrows(IllegalArgumentException.class, () -> deployment.switchTo(other));
      assertEquals(
          "Deployment \"m\": expected a version of model m, got other@2", e.getMessage());
      assertEquals("1:7", deployment.predict(7));
    }
  }

  @Test
  void close_afterACloseInVain_waitsForTheWarmVersionToo() {
    CountDownLatch called = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    lanes.functions.put(
        1L,
        input -> {
          called.countDown();
          Await.latch(go);
          return "1:" + input;
        });
    LaneFactory<Integer, String> factory =
        (version, context) ->
            new ForwardingPredictor<>(lanes.create(version, context)) {
              @Override
              public boolean close(Duration timeout) {
                return BoundedClose.close(
                    Workers.shared(), () -> inner().close(), timeout.toNanos());
              }

              @Override
              public String toString() {
                return inner().toString();
              }
            };
    Deployment<Integer, String> wrapped = Deployment.builder(factory).open(version(1));
    FakeLane first = lanes.last();
    CompletableFuture<String> call = wrapped.submit(7);
    Await.latch(called);
    wrapped.switchTo(version(2));
    assertFalse(wrapped.close(Duration.ofMillis(1)));
    CompletableFuture<Void> closed = CompletableFuture.runAsync(wrapped::close);
    Await.until("the second close of the warm lane", () -> first.closes.get() == 2);
    assertFalse(closed.isDone());
    go.countDown();
    Await.value(closed);
    assertEquals("1:7", Await.value(call));
  }
}
