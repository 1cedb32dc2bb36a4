package dev.inproc.inference.deploy;

import static dev.inproc.inference.deploy.ShadowLanes.INPUT;
import static dev.inproc.inference.deploy.ShadowLanes.plan;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.deploy.ShadowMetrics.Failure;
import dev.inproc.inference.monitoring.Health;
import dev.inproc.inference.testing.Await;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Shadows, recorders and copiers that throw, hang, interrupt and close: the replies stay. */
class ShadowHostileTest {
  private final ShadowLanes lanes = new ShadowLanes();
  private final Deployment<float[], float[]> deployment = lanes.open();
  private final CountDownLatch hangs = new CountDownLatch(1);
  private final CountDownLatch goesOn = new CountDownLatch(1);

  @AfterEach
  void close() {
    goesOn.countDown();
    deployment.close();
    assertEquals(0, lanes.timer.pending(), "no task is left");
  }

  private float[] hang(float[] input) {
    hangs.countDown();
    ShadowLanes.hold(goesOn);
    return input;
  }

  private void assertAnswers() {
    assertArrayEquals(INPUT, deployment.predict(INPUT));
    assertArrayEquals(INPUT, Await.value(deployment.submit(INPUT)));
    assertArrayEquals(INPUT, deployment.predictAll(List.of(INPUT)).get(0));
    assertArrayEquals(INPUT, deployment.answers().predict(INPUT).value());
  }

  private static Shadow begun(Shadow shadow, CountDownLatch latch, ShadowLanes lanes) {
    Await.until(
        "the run to begin",
        () -> {
          lanes.timer.advanceMillis(1);
          return latch.getCount() == 0;
        });
    return shadow;
  }

  @Test
  void shadowThatHangs_fillsItsQueue_andTheRestIsDroppedAndCounted() {
    lanes.functions.put(2L, this::hang);
    Shadow shadow = deployment.shadow(plan().withQueue(10));
    deployment.predict(INPUT);
    begun(shadow, hangs, lanes);
    for (int i = 0; i < 25; i++) {
      assertAnswers();
    }
    ShadowMetrics metrics = shadow.metrics();
    assertEquals(101, metrics.offered());
    assertEquals(11, metrics.pending(), "one runs, ten wait");
    assertEquals(90, metrics.dropped());
    assertEquals(0, metrics.compared() + metrics.failed());
    assertEquals(Health.Status.READY, Health.of(deployment.describe()).status());
    goesOn.countDown();
    lanes.drain(shadow);
    assertEquals(11, shadow.metrics().compared());
  }

  @Test
  void shadowThatHangs_holdsUpNeitherClose() {
    lanes.functions.put(2L, this::hang);
    Shadow shadow = deployment.shadow(plan());
    assertAnswers();
    begun(shadow, hangs, lanes);
    assertFalse(shadow.close(Duration.ofMillis(1)));
    assertFalse(deployment.close(Duration.ofMillis(1)));
    ShadowMetrics metrics = shadow.metrics();
    assertEquals(4, metrics.offered());
    assertEquals(3, metrics.dropped(), "what waited");
    assertEquals(1, metrics.pending(), "what hangs");
    assertTrue(lanes.lane(0).isClosed);
    goesOn.countDown();
    assertTrue(shadow.close(Duration.ofSeconds(10)));
    Await.until("the run to be counted", () -> shadow.metrics().pending() == 0);
  }

  @Test
  void shadowThatHangs_holdsUpNoOtherDeploymentsShadow() {
    lanes.functions.put(2L, this::hang);
    Shadow hanging = deployment.shadow(plan());
    deployment.predict(INPUT);
    begun(hanging, hangs, lanes);
    ShadowLanes others = new ShadowLanes();
    try (Deployment<float[], float[]> other = others.open();
        Shadow shadow = other.shadow(plan())) {
      other.predict(INPUT);
      others.drain(shadow);
      assertEquals(1, shadow.metrics().compared());
    }
  }

  @Test
  void shadowThatWaitsInterruptibly_isInterruptedByTheClose() {
    CountDownLatch interrupted = new CountDownLatch(1);
    lanes.functions.put(
        2L,
        input -> {
          hangs.countDown();
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            interrupted.countDown();
          }
          throw new IllegalStateException("interrupted");
        });
    Shadow shadow = deployment.shadow(plan());
    deployment.predict(INPUT);
    begun(shadow, hangs, lanes);
    assertFalse(shadow.close(Duration.ZERO) && interrupted.getCount() > 0);
    Await.latch(interrupted);
    Await.until("the run to end", () -> shadow.metrics().pending() == 0);
    assertEquals(1, shadow.metrics().dropped(), "not the version's failure");
  }

  @Test
  void shadowThatThrows_isCountedByKind() {
    AtomicInteger calls = new AtomicInteger();
    lanes.functions.put(
        2L,
        input ->
            switch (calls.getAndIncrement()) {
              case 0 -> throw new StackOverflowError("planned");
              case 1 -> throw new InvalidInputException("x", "[3]", "[4]");
              case 2 -> throw new DeadlineExceededException(Duration.ofSeconds(1));
              case 3 -> throw new IllegalArgumentException("planned");
              case 4 -> null;
              default -> input;
            });
    Shadow shadow =
        deployment.shadow(plan().withVector(answer -> new float[] {answer[0]})); // null throws
    for (int i = 0; i < 6; i++) {
      assertArrayEquals(INPUT, deployment.predict(INPUT));
    }
    lanes.drain(shadow);
    ShadowMetrics metrics = shadow.metrics();
    assertEquals(
        Map.of(
            Failure.COPY, 0L,
            Failure.INVALID, 1L,
            Failure.EXPIRED, 1L,
            Failure.FAILED, 2L,
            Failure.COMPARISON, 1L),
        metrics.failures());
    assertEquals(5, metrics.failed());
    assertEquals(1, metrics.compared());
    assertEquals(5, metrics.agreement().failed());
    assertEquals(1 / 6.0, metrics.agreement().share(), 1e-12);
  }

  @Test
  void copierThatThrows_reachesNoCaller() {
    Shadow shadow =
        deployment.shadow(
            plan()
                .withInputCopier(
                    input -> {
                      throw new AssertionError("request");
                    }));
    assertAnswers();
    assertEquals(4, shadow.metrics().failures().get(Failure.COPY));
    assertTrue(shadow.metrics().lastFailure().orElseThrow().contains("request"));
    shadow.close();
    shadow = deployment.shadow(plan().withAnswerCopier(answer -> (float[]) (Object) "no vector"));
    assertAnswers();
    assertEquals(4, shadow.metrics().failures().get(Failure.COPY));
    assertEquals(0, shadow.metrics().agreement().failed(), "not the version's failure");
    shadow.close();
    shadow = deployment.shadow(plan().withInputCopier(input -> null).withQueue(2));
    assertAnswers();
    assertAnswers();
    assertEquals(8, shadow.metrics().failures().get(Failure.COPY), "each place is given back");
    assertEquals(0, shadow.metrics().dropped());
  }

  @Test
  void failureWhoseTextThrows_isToldByItsClass() {
    lanes.functions.put(
        2L,
        input -> {
          throw new IllegalStateException() {
            @Override
            public String getMessage() {
              throw new UnsupportedOperationException();
            }
          };
        });
    Shadow shadow = deployment.shadow(plan());
    deployment.predict(INPUT);
    lanes.drain(shadow);
    assertTrue(shadow.metrics().lastFailure().orElseThrow().contains("ShadowHostileTest"));
  }

  @Test
  void recorderThatThrowsAndInterrupts_spoilsNoLaterPair() {
    AtomicInteger interrupted = new AtomicInteger();
    lanes.functions.put(
        2L,
        input -> {
          interrupted.addAndGet(Thread.currentThread().isInterrupted() ? 1 : 0);
          return input;
        });
    Shadow shadow =
        deployment.shadow(
            plan()
                .withRecorder(
                    (input, primary, answer) -> {
                      Thread.currentThread().interrupt();
                      throw new AssertionError("planned");
                    }));
    assertAnswers();
    lanes.drain(shadow);
    assertEquals(4, shadow.metrics().compared());
    assertEquals(4, shadow.metrics().recorderFailures());
    assertEquals(0, interrupted.get());
  }

  @Test
  void recorderThatBlocks_holdsUpNoCaller() {
    Shadow shadow = deployment.shadow(plan().withRecorder((input, primary, answer) -> hang(input)));
    deployment.predict(INPUT);
    begun(shadow, hangs, lanes);
    for (int i = 0; i < 100; i++) {
      assertAnswers();
    }
    assertEquals(401, shadow.metrics().offered());
    assertEquals(256 + 1, shadow.metrics().pending());
    assertEquals(401 - 257, shadow.metrics().dropped());
  }

  @Test
  void recorderThatCallsTheDeployment_isAnswered() {
    AtomicReference<float[]> answered = new AtomicReference<>();
    Shadow shadow =
        deployment.shadow(
            plan()
                .withRecorder(
                    (input, primary, answer) -> {
                      if (answered.get() == null) {
                        answered.set(new float[0]);
                        answered.set(deployment.predict(new float[] {7}));
                      }
                    }));
    deployment.predict(INPUT);
    lanes.drain(shadow);
    assertArrayEquals(new float[] {7}, answered.get());
    assertEquals(2, shadow.metrics().compared());
  }

  @Test
  void recorderThatClosesItsShadowAndItsDeployment_doesNotWaitForItself() {
    AtomicReference<Shadow> own = new AtomicReference<>();
    CompletableFuture<Void> closed = new CompletableFuture<>();
    own.set(
        deployment.shadow(
            plan()
                .withRecorder(
                    (input, primary, answer) -> {
                      own.get().close();
                      deployment.close();
                      closed.complete(null);
                    })));
    deployment.predict(INPUT);
    Await.until(
        "the recorder to close",
        () -> {
          lanes.timer.advanceMillis(1);
          return closed.isDone();
        });
    deployment.close();
    lanes.made.forEach(lane -> assertTrue(lane.isClosed, lane::toString));
    assertEquals(1, own.get().metrics().compared());
  }
}
