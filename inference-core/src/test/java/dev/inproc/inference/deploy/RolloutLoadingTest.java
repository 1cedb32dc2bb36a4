package dev.inproc.inference.deploy;

import static dev.inproc.inference.deploy.Lanes.version;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.testing.Await;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Commands that come while a rollout's canary (version 2) or its control lane (of version 1) is
 * being made.
 */
class RolloutLoadingTest {
  private final Lanes lanes = new Lanes();
  private final CountDownLatch loading = new CountDownLatch(1);
  private final CountDownLatch mayLoad = new CountDownLatch(1);
  private final Deployment<Integer, String> deployment = lanes.open();
  private volatile Thread caller;

  @AfterEach
  void close() {
    mayLoad.countDown();
    deployment.close();
  }

  private CompletableFuture<Rollout> beginHeldAt(long number) {
    lanes.onCreate.put(
        number,
        () -> {
          loading.countDown();
          Await.latch(mayLoad);
        });
    CompletableFuture<Rollout> outcome = new CompletableFuture<>();
    caller =
        new Thread(
            () -> {
              try {
                outcome.complete(deployment.rollOut(plan()));
              } catch (Throwable t) {
                outcome.completeExceptionally(t);
              }
            });
    caller.start();
    Await.latch(loading);
    return outcome;
  }

  private static RolloutPlan<Integer, String> plan() {
    return RolloutPlan.<Integer, String>to(version(2))
        .withSteps(
            new RolloutStep(0.5, Duration.ofHours(1), 0), new RolloutStep(1, Duration.ZERO, 0));
  }

  private void nothingIsLeft() {
    mayLoad.countDown();
    Await.until(
        "all but the first lane are closed",
        () -> lanes.made.stream().skip(1).allMatch(FakeLane::isClosed));
    assertEquals("1:7", deployment.predict(7));
    assertTrue(deployment.rollout().isEmpty());
    assertEquals(1, deployment.metrics().lanes().size());
    lanes.onCreate.clear();
    assertEquals(RolloutState.RUNNING, deployment.rollOut(plan()).state());
  }

  @ParameterizedTest
  @ValueSource(longs = {2, 1})
  void rollBack_givesTheRolloutUp(long held) {
    CompletableFuture<Rollout> rollingOut = beginHeldAt(held);
    assertTrue(deployment.rollBack("changed our mind").isDone());
    assertInstanceOf(CancellationException.class, Await.failure(rollingOut));
    nothingIsLeft();
  }

  @ParameterizedTest
  @ValueSource(longs = {2, 1})
  void interrupt_givesTheRolloutUp(long held) {
    CompletableFuture<Rollout> rollingOut = beginHeldAt(held);
    caller.interrupt();
    assertInstanceOf(InferenceInterruptedException.class, Await.failure(rollingOut));
    nothingIsLeft();
  }

  @ParameterizedTest
  @ValueSource(longs = {2, 1})
  void close_givesTheRolloutUp_andClosesAllLanes(long held) {
    CompletableFuture<Rollout> rollingOut = beginHeldAt(held);
    Thread closer = new Thread(deployment::close);
    closer.start();
    assertInstanceOf(PredictorClosedException.class, Await.failure(rollingOut));
    mayLoad.countDown();
    Await.end(closer);
    assertTrue(lanes.made.stream().allMatch(FakeLane::isClosed));
  }

  @ParameterizedTest
  @ValueSource(longs = {2, 1})
  void switchTo_overrulesTheRollout(long held) {
    CompletableFuture<Rollout> rollingOut = beginHeldAt(held);
    CompletableFuture<Boolean> switching =
        CompletableFuture.supplyAsync(() -> deployment.switchTo(version(3)));
    assertInstanceOf(CancellationException.class, Await.failure(rollingOut));
    mayLoad.countDown();
    assertTrue(Await.value(switching));
    assertEquals("3:7", deployment.predict(7));
    assertTrue(deployment.rollout().isEmpty());
  }

  @ParameterizedTest
  @ValueSource(longs = {2, 1})
  void factory_thatCommandsItsDeployment_isRefused(long commanding) {
    lanes.onCreate.put(commanding, () -> deployment.rollBack("from inside"));
    CompletableFuture<Rollout> rollingOut =
        CompletableFuture.supplyAsync(() -> deployment.rollOut(plan()));
    Throwable failure = Await.failure(rollingOut);
    assertInstanceOf(ModelLoadException.class, failure);
    assertInstanceOf(IllegalStateException.class, failure.getCause());
    nothingIsLeft();
  }
}
