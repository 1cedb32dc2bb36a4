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
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.events.ServingEvent.VersionRefused;
import dev.inproc.inference.internal.concurrent.Workers;
import dev.inproc.inference.model.ModelVersion;
import dev.inproc.inference.testing.Await;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Starting a shadow, and what may come in between. */
class ShadowCommandsTest {
  private final Lanes lanes = new Lanes();
  private final Deployment<Integer, String> deployment = lanes.open();
  private final CountDownLatch loading = new CountDownLatch(1);
  private final CountDownLatch mayLoad = new CountDownLatch(1);

  @AfterEach
  void close() {
    mayLoad.countDown();
    deployment.close();
    assertEquals(0, lanes.timer.pending(), "no task is left");
    lanes.made.forEach(lane -> assertTrue(lane.isClosed(), lane::toString));
  }

  private static ShadowPlan<Integer, String> plan(long number) {
    return ShadowPlan.of(version(number));
  }

  private void hold(long number) {
    lanes.onCreate.put(
        number,
        () -> {
          loading.countDown();
          ShadowLanes.hold(mayLoad);
        });
  }

  private static <T> CompletableFuture<T> onThread(Supplier<T> task) {
    CompletableFuture<T> done = new CompletableFuture<>();
    new Thread(
            () -> {
              try {
                done.complete(task.get());
              } catch (Throwable t) {
                done.completeExceptionally(t);
              }
            })
        .start();
    return done;
  }

  @Test
  void refusedVersion_leavesNoShadow() {
    lanes.onCreate.put(
        2L,
        () -> {
          throw new IllegalArgumentException("no such file");
        });
    ModelLoadException e = assertThrows(ModelLoadException.class, () -> deployment.shadow(plan(2)));
    assertTrue(e.getMessage().contains("m@2") && e.getMessage().contains("no such file"));
    Await.until("an event", () -> lanes.events().size() == 1);
    assertInstanceOf(VersionRefused.class, lanes.events().get(0));
    lanes.onCreate.clear();
    deployment.shadow(plan(2)).close();
  }

  @Test
  void secondShadow_isRefusedUntilTheFirstIsClosed() {
    Shadow first = deployment.shadow(plan(2));
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> deployment.shadow(plan(3)));
    assertTrue(e.getMessage().contains("m@2"), e::getMessage);
    first.close();
    assertEquals(version(3), deployment.shadow(plan(3)).version());
  }

  @Test
  void shadowOfTheServingVersion_hasALaneOfItsOwn() {
    Shadow same = deployment.shadow(plan(1));
    deployment.predict(7);
    Await.until(
        "the copy",
        () -> {
          lanes.timer.advanceMillis(1);
          return same.metrics().compared() == 1;
        });
    assertEquals(2, lanes.made.size());
    assertEquals(1, same.metrics().agreement().agreeing());
    same.close();
    assertEquals("1:7", deployment.predict(7));
  }

  @Test
  void otherModel_isRefused() {
    ModelVersion other = ModelVersion.of("other", 2, ModelSource.bytes("other", new byte[] {2}));
    assertThrows(IllegalArgumentException.class, () -> deployment.shadow(ShadowPlan.of(other)));
    assertThrows(NullPointerException.class, () -> deployment.shadow(null));
  }

  @Test
  void secondShadow_whileTheFirstLoads_isRefused() {
    hold(2);
    CompletableFuture<Shadow> first = onThread(() -> deployment.shadow(plan(2)));
    Await.latch(loading);
    assertEquals(List.of(version(2)), deployment.metrics().loading());
    assertThrows(IllegalStateException.class, () -> deployment.shadow(plan(3)));
    mayLoad.countDown();
    assertEquals(version(2), Await.value(first).version());
  }

  @Test
  void interrupt_whileTheShadowLoads_leavesNone() {
    hold(2);
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread caller =
        new Thread(
            () -> {
              try {
                deployment.shadow(plan(2));
              } catch (Throwable t) {
                thrown.set(t);
              }
            });
    caller.start();
    Await.latch(loading);
    caller.interrupt();
    Await.end(caller);
    assertInstanceOf(InferenceInterruptedException.class, thrown.get());
    mayLoad.countDown();
    Await.until("the lane to be made", () -> lanes.made.size() == 2);
    Await.latch(lanes.last().closed);
    lanes.onCreate.clear();
    deployment.shadow(plan(2)).close();
  }

  @Test
  void close_whileTheShadowLoads_givesItUp() {
    hold(2);
    CompletableFuture<Shadow> shadow = onThread(() -> deployment.shadow(plan(2)));
    Await.latch(loading);
    assertFalse(deployment.close(Duration.ofMillis(1)));
    assertInstanceOf(PredictorClosedException.class, Await.failure(shadow));
    mayLoad.countDown();
    deployment.close();
    assertEquals(2, lanes.made.size());
    assertTrue(lanes.last().isClosed());
    assertThrows(PredictorClosedException.class, () -> deployment.shadow(plan(3)));
  }

  @Test
  void factoryThatStartsAShadow_isRefused() {
    lanes.onCreate.put(2L, () -> deployment.shadow(plan(3)));
    ModelLoadException e = assertThrows(ModelLoadException.class, () -> deployment.shadow(plan(2)));
    assertInstanceOf(IllegalStateException.class, e.getCause());
  }

  @Test
  void factoryThatReturnsAServingOrAShadowsPredictor_isRefused() {
    AtomicReference<FakeLane> again = new AtomicReference<>();
    Deployment<Integer, String> careless =
        Deployment.<Integer, String>builder(
                (version, context) ->
                    again.get() == null ? lanes.create(version, context) : again.get())
            .open(version(1));
    again.set(lanes.last());
    assertThrows(ModelLoadException.class, () -> careless.shadow(plan(2)));
    assertEquals("1:7", careless.predict(7)); // it was not closed
    again.set(null);
    Shadow shadow = careless.shadow(plan(2));
    again.set(lanes.last());
    assertThrows(ModelLoadException.class, () -> careless.switchTo(version(3)));
    assertFalse(again.get().isClosed());
    shadow.close();
    careless.close();
  }

  /** The check at the start spares a shadow that would copy nothing. */
  @Test
  void classesThatCannotBeCopied_areRefusedBeforeTheFirstCall() {
    try (Deployment<StringBuilder, String> changeable =
        Deployment.<StringBuilder, String>builder(
                (version, context) ->
                    new Lanes().create(version, context).with(new BuilderAdapter()))
            .warmUp(List.of(new StringBuilder("7")))
            .open(version(1))) {
      ModelLoadException e =
          assertThrows(
              ModelLoadException.class, () -> changeable.shadow(ShadowPlan.of(version(2))));
      assertTrue(e.getMessage().contains("withInputCopier"), e::getMessage);
      assertTrue(e.getMessage().contains("java.lang.StringBuilder"), e::getMessage);
      ShadowPlan<StringBuilder, String> plan =
          ShadowPlan.<StringBuilder, String>of(version(2)).withInputCopier(StringBuilder::new);
      changeable.shadow(plan).close();
    }
  }

  @Test
  void close_onAThreadOfTheLibrary_returns() {
    Shadow shadow = deployment.shadow(plan(2));
    CompletableFuture<Boolean> closed = new CompletableFuture<>();
    Workers.shared().turn(this, () -> closed.complete(shadow.close(Duration.ofSeconds(5))));
    assertTrue(Await.value(closed));
    assertEquals("1:7", deployment.predict(7));
  }

  /** Parses the request, on its way in. */
  private static final class BuilderAdapter
      implements dev.inproc.inference.Adapter<StringBuilder, String, Integer, String> {
    @Override
    public dev.inproc.inference.Predictor<StringBuilder, String> adapt(
        dev.inproc.inference.Predictor<Integer, String> inner) {
      return new Parsing(inner);
    }
  }

  private record Parsing(dev.inproc.inference.Predictor<Integer, String> inner)
      implements dev.inproc.inference.Predictor<StringBuilder, String> {
    @Override
    public CompletableFuture<String> submit(
        StringBuilder input, dev.inproc.inference.CallOptions options) {
      return inner.submit(Integer.valueOf(input.toString()), options);
    }

    @Override
    public String predict(StringBuilder input, dev.inproc.inference.CallOptions options) {
      return inner.predict(Integer.valueOf(input.toString()), options);
    }

    @Override
    public List<String> predictAll(
        List<StringBuilder> inputs, dev.inproc.inference.CallOptions options) {
      return inputs.stream().map(input -> predict(input, options)).toList();
    }

    @Override
    public void close() {
      inner.close();
    }
  }
}
