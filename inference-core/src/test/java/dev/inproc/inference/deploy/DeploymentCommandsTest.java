package dev.inproc.inference.deploy;

import static dev.inproc.inference.deploy.Lanes.version;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.testing.Await;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Commands that meet each other, and code of the application that misbehaves. */
class DeploymentCommandsTest {
  private final Lanes lanes = new Lanes();
  private final Deployment<Integer, String> deployment = lanes.open();
  private final CountDownLatch loading = new CountDownLatch(1);
  private final CountDownLatch mayLoad = new CountDownLatch(1);

  @AfterEach
  void close() {
    mayLoad.countDown();
    deployment.close();
    lanes.made.forEach(lane -> assertTrue(lane.isClosed(), lane::toString));
    assertEquals(0, lanes.timer.pending());
  }

  /** Has the load of a version wait, in code that an interrupt does not end. */
  private void hold(long number) {
    lanes.onCreate.put(
        number,
        () -> {
          loading.countDown();
          boolean isInterrupted = false;
          while (true) {
            try {
              mayLoad.await();
              break;
            } catch (InterruptedException e) {
              isInterrupted = true;
            }
          }
          if (isInterrupted) {
            Thread.currentThread().interrupt();
          }
        });
  }

  private CompletableFuture<Boolean> begin(long number) {
    return onThread(() -> deployment.switchTo(version(number)));
  }

  private static <T> CompletableFuture<T> onThread(java.util.function.Supplier<T> call) {
    CompletableFuture<T> outcome = new CompletableFuture<>();
    new Thread(
            () -> {
              try {
                outcome.complete(call.get());
              } catch (Throwable t) {
                outcome.completeExceptionally(t);
              }
            })
        .start();
    return outcome;
  }

  @Test
  void calls_whileAVersionLoads_areAnsweredByTheOldOne() {
    hold(2);
    CompletableFuture<Boolean> switching = begin(2);
    Await.latch(loading);
    assertEquals("1:7", deployment.predict(7));
    assertEquals(List.of(version(2)), deployment.metrics().loading());
    mayLoad.countDown();
    assertTrue(Await.value(switching));
    assertEquals("2:7", deployment.predict(7));
  }

  @Test
  void rollBack_whileTheCandidateLoads_overrulesTheSwitch() {
    hold(2);
    CompletableFuture<Boolean> switching = begin(2);
    Await.latch(loading);
    assertTrue(deployment.rollBack("changed our mind").isDone());
    assertInstanceOf(CancellationException.class, Await.failure(switching));
    assertEquals(List.of(), deployment.metrics().loading());
    mayLoad.countDown();
    Await.until("the lane to be made", () -> lanes.made.size() == 2);
    Await.latch(lanes.last().closed);
    assertEquals("1:7", deployment.predict(7));
    assertEquals(0, deployment.metrics().switches());
  }

  @Test
  void rollBack_whileTheCandidateIsChecked_overrulesTheSwitch() {
    hold(2);
    Runnable holding = lanes.onCreate.remove(2L);
    try (Deployment<Integer, String> checked =
        Deployment.builder(lanes)
            .warmUp(List.of(7))
            .check(
                (version, input, answer) -> {
                  if (version.version() == 2) {
                    holding.run();
                  }
                })
            .open(version(1))) {
      CompletableFuture<Boolean> switching = onThread(() -> checked.switchTo(version(2)));
      Await.latch(loading);
      assertTrue(checked.rollBack("changed our mind").isDone());
      assertInstanceOf(CancellationException.class, Await.failure(switching));
      mayLoad.countDown();
      Await.latch(lanes.last().closed);
      assertEquals("1:7", checked.predict(7));
    }
  }

  @Test
  void laterSwitch_whileTheCandidateLoads_overrulesTheFormer() {
    hold(2);
    CompletableFuture<Boolean> former = begin(2);
    Await.latch(loading);
    assertTrue(deployment.switchTo(version(3)));
    assertInstanceOf(CancellationException.class, Await.failure(former));
    mayLoad.countDown();
    Await.until("the lane to be made", () -> lanes.made.size() == 3);
    Await.latch(lanes.last().closed);
    assertEquals("3:7", deployment.predict(7));
  }

  @Test
  void switchToTheServingVersion_whileTheCandidateLoads_keepsTheServingVersion() {
    hold(2);
    CompletableFuture<Boolean> former = begin(2);
    Await.latch(loading);
    assertFalse(deployment.switchTo(version(1)));
    assertInstanceOf(CancellationException.class, Await.failure(former));
    mayLoad.countDown();
    Await.until("the lane to be made", () -> lanes.made.size() == 2);
    Await.latch(lanes.last().closed);
    assertEquals("1:7", deployment.predict(7));
  }

  @Test
  void switchToTheSameVersion_twiceAtOnce_loadsItOnce() {
    hold(2);
    CompletableFuture<Boolean> one = begin(2);
    Await.latch(loading);
    CompletableFuture<Boolean> another = begin(2);
    Await.until("both to wait", () -> deployment.metrics().loading().size() == 1);
    mayLoad.countDown();
    assertTrue(Await.value(one));
    Await.value(another);
    assertEquals(2, lanes.made.size());
  }

  @Test
  void interrupt_whileTheCandidateLoads_leavesTheOldVersionServing() {
    hold(2);
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    CountDownLatch isStillInterrupted = new CountDownLatch(1);
    Thread caller =
        new Thread(
            () -> {
              try {
                deployment.switchTo(version(2));
              } catch (Throwable t) {
                thrown.set(t);
              }
              if (Thread.currentThread().isInterrupted()) {
                isStillInterrupted.countDown();
              }
            });
    caller.start();
    Await.latch(loading);
    caller.interrupt();
    Await.end(caller);
    assertInstanceOf(InferenceInterruptedException.class, thrown.get());
    Await.latch(isStillInterrupted);
    mayLoad.countDown();
    Await.until("the lane to be made", () -> lanes.made.size() == 2);
    Await.latch(lanes.last().closed);
    assertEquals("1:7", deployment.predict(7));
    assertEquals(List.of(), deployment.metrics().loading());
  }

  @Test
  void close_whileTheCandidateLoads_waitsForTheFactoryAndClosesItsLane() {
    hold(2);
    CompletableFuture<Boolean> switching = begin(2);
    Await.latch(loading);
    assertFalse(deployment.close(Duration.ofMillis(1)));
    assertInstanceOf(PredictorClosedException.class, Await.failure(switching));
    assertThrows(PredictorClosedException.class, () -> deployment.predict(7));
    mayLoad.countDown();
    deployment.close();
    assertEquals(2, lanes.made.size());
    assertTrue(lanes.last().isClosed());
  }

  @Test
  void factoryThatNeverReturns_givenUp_holdsUpNoOtherLoad() {
    hold(2);
    CompletableFuture<Boolean> switching = begin(2);
    Await.latch(loading);
    Lanes others = new Lanes();
    CompletableFuture<Deployment<Integer, String>> other = onThread(others::open);
    assertFalse(other.isDone());
    assertTrue(deployment.rollBack("hangs").isDone());
    assertInstanceOf(CancellationException.class, Await.failure(switching));
    Await.value(other).close();
  }

  @Test
  void factoryThatWaitsInterruptibly_givenUp_isInterrupted() {
    CountDownLatch interrupted = new CountDownLatch(1);
    lanes.onCreate.put(
        2L,
        () -> {
          loading.countDown();
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            interrupted.countDown();
            throw new IllegalStateException(e);
          }
        });
    CompletableFuture<Boolean> switching = begin(2);
    Await.latch(loading);
    assertTrue(deployment.rollBack("hangs").isDone());
    Await.latch(interrupted);
    assertInstanceOf(CancellationException.class, Await.failure(switching));
    assertEquals(0, deployment.metrics().refused());
  }

  @Test
  void factoryThatCommandsItsDeployment_isRefused() {
    lanes.onCreate.put(2L, () -> deployment.switchTo(version(3)));
    ModelLoadException e =
        assertThrows(ModelLoadException.class, () -> deployment.switchTo(version(2)));
    assertInstanceOf(IllegalStateException.class, e.getCause());
    lanes.onCreate.put(2L, () -> deployment.rollBack("from within"));
    assertThrows(ModelLoadException.class, () -> deployment.switchTo(version(2)));
    assertEquals("1:7", deployment.predict(7));
  }

  @Test
  void factoryThatCallsItsDeployment_isAnswered() {
    lanes.onCreate.put(2L, () -> assertEquals("1:7", deployment.predict(7)));
    assertTrue(deployment.switchTo(version(2)));
  }

  @Test
  void factoryThatClosesItsDeployment_doesNotWaitForItself() {
    lanes.onCreate.put(2L, deployment::close);
    assertThrows(PredictorClosedException.class, () -> deployment.switchTo(version(2)));
    deployment.close();
    assertTrue(lanes.last().isClosed());
  }

  @Test
  void factoryThatOpensAnotherDeployment_doesNotWaitForItself() {
    Lanes others = new Lanes();
    lanes.onCreate.put(2L, () -> others.open().close());
    assertTrue(deployment.switchTo(version(2)));
    lanes.onCreate.put(
        3L,
        () -> {
          try (var other = others.open()) {
            assertTrue(other.switchTo(version(2)));
          }
        });
    assertTrue(deployment.switchTo(version(3)));
  }

  @Test
  void factoryThatThrowsAnError_isRefused() {
    lanes.onCreate.put(
        2L,
        () -> {
          throw new UnsatisfiedLinkError("no native library");
        });
    ModelLoadException e =
        assertThrows(ModelLoadException.class, () -> deployment.switchTo(version(2)));
    assertInstanceOf(UnsatisfiedLinkError.class, e.getCause());
    assertEquals("1:7", deployment.predict(7));
  }

  @Test
  void factoryThatReturnsNothing_orTheSameLane_isRefused() {
    AtomicReference<FakeLane> only = new AtomicReference<>();
    try (Deployment<Integer, String> careless =
        Deployment.<Integer, String>builder(
                (version, context) -> {
                  if (only.get() == null) {
                    only.set(lanes.create(version, context));
                  }
                  return version.version() == 3 ? null : only.get();
                })
            .open(version(1))) {
      ModelLoadException e =
          assertThrows(ModelLoadException.class, () -> careless.switchTo(version(2)));
      assertTrue(e.getMessage().contains("another version"), e::getMessage);
      assertThrows(ModelLoadException.class, () -> careless.switchTo(version(3)));
      assertEquals("1:7", careless.predict(7)); // it was not closed
    }
  }

  @Test
  void open_ofARefusedVersion_leavesNothing() {
    lanes.functions.put(
        5L,
        input -> {
          throw new IllegalStateException("bad weights");
        });
    ModelLoadException e =
        assertThrows(
            ModelLoadException.class,
            () -> Deployment.builder(lanes).warmUp(List.of(1)).open(version(5)));
    assertTrue(e.getMessage().contains("bad weights"), e::getMessage);
    assertTrue(lanes.last().isClosed());
  }

  @Test
  void callbackOfAFuture_thatSwitches_isServed() {
    CompletableFuture<Boolean> switched =
        deployment.submit(7).thenApply(answer -> deployment.switchTo(version(2)));
    assertTrue(Await.value(switched));
    assertEquals("2:7", deployment.predict(7));
  }

  @Test
  void listenerThatBlocks_holdsUpNoSwitch() {
    CountDownLatch release = new CountDownLatch(1);
    lanes.threads.events().add(event -> Await.latch(release));
    for (long number = 2; number < 6; number++) {
      assertTrue(deployment.switchTo(version(number)));
    }
    assertEquals("5:7", deployment.predict(7));
    release.countDown();
  }

  @Test
  void contextClassLoaderOfTheCaller_isTheFactorys() {
    ClassLoader own = new ClassLoader() {};
    AtomicReference<ClassLoader> seen = new AtomicReference<>();
    lanes.onCreate.put(2L, () -> seen.set(Thread.currentThread().getContextClassLoader()));
    Thread current = Thread.currentThread();
    ClassLoader before = current.getContextClassLoader();
    current.setContextClassLoader(own);
    try {
      assertTrue(deployment.switchTo(version(2)));
    } finally {
      current.setContextClassLoader(before);
    }
    assertEquals(own, seen.get());
  }

  /** The load that waits cannot begin before the one that waits for it ends. */
  @Test
  void factoryThatSwitchesAnotherDeployment_toAVersionThatWaits_doesNotWaitForItself() {
    Lanes others = new Lanes();
    try (var other = others.open()) {
      CountDownLatch asked = new CountDownLatch(1);
      CountDownLatch go = new CountDownLatch(1);
      lanes.onCreate.put(
          2L,
          () -> {
            asked.countDown();
            Await.latch(go);
            other.switchTo(version(2));
          });
      CompletableFuture<Boolean> first =
          onThread(() -> deployment.switchTo(version(2)));
      Await.latch(asked);
      CompletableFuture<Boolean> second =
          onThread(() -> other.switchTo(version(2)));
      Await.until("a load that waits", () -> !other.metrics().loading().isEmpty());
      go.countDown();
      assertTrue(Await.value(first));
      assertTrue(Await.value(second));
      assertEquals(2, others.made.size());
    }
  }
}
