package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Gate;
import dev.inproc.inference.testing.LedgerModel;
import dev.inproc.inference.testing.ManualTimer;
import dev.inproc.inference.testing.ScriptedModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** User code in callbacks that waits for the library, for another callback or for the user. */
class BlockedCallbacksTest {
  private static final CallOptions AN_HOUR = CallOptions.timeout(Duration.ofHours(1));
  private static final int ROUNDS = 20;

  private final List<Predictor<Tensors, Tensors>> open = new ArrayList<>();

  /** What stands before the model. */
  @SuppressWarnings("ImmutableEnumChecker") // its functions keep nothing
  enum Layers {
    SESSION(p -> p),
    BATCHED(p -> p.with(Batching.upTo(8))),
    ONE_BY_ONE(p -> p.with(Batching.upTo(1)));

    private final UnaryOperator<Predictor<Tensors, Tensors>> layers;

    Layers(Function<Session, Predictor<Tensors, Tensors>> layers) {
      this.layers = p -> layers.apply((Session) p);
    }

    Predictor<Tensors, Tensors> over(ScriptedModel model) {
      return over(model, Timer.system());
    }

    Predictor<Tensors, Tensors> over(ScriptedModel model, Timer timer) {
      SessionOptions options = Fixture.unprobed(SessionOptions.builder().parallelism(1).build());
      return layers.apply(
          new SessionLoader(
                  "scripted",
                  null,
                  () -> List.of(model.replica()),
                  false,
                  options,
                  ServingThreads.withTimer(timer))
              .load());
    }
  }

  @AfterEach
  void close() {
    for (Predictor<Tensors, Tensors> each : open) {
      Thread closer = new Thread(each::close, "closer");
      closer.setDaemon(true);
      closer.start();
      Await.end(closer);
    }
  }

  private Predictor<Tensors, Tensors> model(Layers layers) {
    Predictor<Tensors, Tensors> predictor = layers.over(LedgerModel.scalars());
    open.add(predictor);
    return predictor;
  }

  private void clients(int count, IntConsumer client) {
    List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
    List<Thread> threads =
        IntStream.range(0, count)
            .mapToObj(
                i -> {
                  Thread thread =
                      new Thread(
                          () -> {
                            for (int round = 0; round < ROUNDS; round++) {
                              client.accept(i);
                            }
                          });
                  thread.setUncaughtExceptionHandler((t, e) -> failures.add(e));
                  thread.setDaemon(true);
                  thread.start();
                  return thread;
                })
            .toList();
    threads.forEach(Await::end);
    assertEquals(List.of(), failures);
  }

  @ParameterizedTest
  @EnumSource
  void ringOfModels_eachCallbackPredictsOnTheNext_allAreAnswered(Layers layers) {
    List<Predictor<Tensors, Tensors>> ring = List.of(model(layers), model(layers), model(layers));
    clients(
        6,
        i -> {
          CallOptions options = i % 2 == 0 ? CallOptions.DEFAULT : AN_HOUR;
          CompletableFuture<Tensors> answer =
              ring.get(i % 3)
                  .submit(LedgerModel.request(i), options)
                  .thenApply(
                      x ->
                          ring.get((i + 1) % 3)
                              .submit(LedgerModel.request(i + 100), options)
                              .thenApply(
                                  y ->
                                      ring.get((i + 2) % 3)
                                          .predict(LedgerModel.request(i + 200), options))
                              .join());
          LedgerModel.check(i + 200, Await.value(answer));
        });
  }

  @ParameterizedTest
  @EnumSource
  void callback_waitsForAllOfItsOwnModel_isAnswered(Layers layers) {
    Predictor<Tensors, Tensors> model = model(layers);
    clients(
        4,
        i -> {
          CompletableFuture<Void> all =
              model
                  .submit(LedgerModel.request(i))
                  .thenAccept(
                      x ->
                          CompletableFuture.allOf(
                                  model.submit(LedgerModel.request(1)).thenApply(y -> y),
                                  model.submit(LedgerModel.request(2)))
                              .join());
          Await.value(all.thenApply(x -> true));
        });
  }

  /** A callback that waits for the answer of another call of the same batch. */
  @ParameterizedTest
  @EnumSource
  void callback_waitsForItsBatchMate_isAnswered(Layers layers) {
    ScriptedModel scripted = LedgerModel.scalars();
    Predictor<Tensors, Tensors> model = layers.over(scripted);
    open.add(model);
    Gate gate = scripted.block();
    CompletableFuture<Tensors> first = model.submit(LedgerModel.request(0));
    gate.awaitEntered(1);
    CompletableFuture<Tensors> late = new CompletableFuture<>();
    CompletableFuture<Tensors> one =
        model.submit(LedgerModel.request(1)).thenApply(x -> late.join());
    CompletableFuture<Tensors> two =
        model
            .submit(LedgerModel.request(2))
            .thenApply(
                x -> {
                  late.complete(x);
                  return x;
                });
    gate.open();
    LedgerModel.check(0, Await.value(first));
    LedgerModel.check(2, Await.value(one));
    LedgerModel.check(2, Await.value(two));
  }

  /** The batcher has its own clock, so this is about sessions. */
  @Test
  void blockedCallbacksOfExpiredCalls_anotherModelsTimeoutAndClose_areInTime() {
    ManualTimer timer = new ManualTimer();
    ScriptedModel hung = LedgerModel.scalars();
    Predictor<Tensors, Tensors> model = Layers.SESSION.over(hung, timer);
    Gate gate = hung.block();
    CountDownLatch blocked = new CountDownLatch(1);
    List<CompletableFuture<Object>> expired = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      expired.add(
          model
              .submit(LedgerModel.request(i), CallOptions.timeout(Duration.ofMillis(1)))
              .handle(
                  (x, e) -> {
                    Await.latch(blocked);
                    return e;
                  }));
    }
    CompletableFuture<Object> last =
        model
            .submit(LedgerModel.request(1), CallOptions.timeout(Duration.ofMillis(1)))
            .handle((x, e) -> e);
    timer.advanceMillis(2); // on this thread, which must not run a callback
    assertInstanceOf(DeadlineExceededException.class, Await.value(last));
    Predictor<Tensors, Tensors> other = model(Layers.SESSION);
    LedgerModel.check(7, Await.value(other.submit(LedgerModel.request(7)).thenApply(x -> x)));
    blocked.countDown();
    expired.forEach(each -> assertInstanceOf(DeadlineExceededException.class, Await.value(each)));
    gate.open();
    open.add(model);
  }

  @Test
  void executor_runsTheCallbackOnTheHandingThread_holdsUpNobody() {
    ScriptedModel scripted = LedgerModel.scalars();
    Predictor<Tensors, Tensors> model = Layers.BATCHED.over(scripted);
    open.add(model);
    Gate gate = scripted.block();
    CountDownLatch never = new CountDownLatch(1);
    CompletableFuture<Object> blocked =
        model
            .submit(LedgerModel.request(1), CallOptions.DEFAULT.withExecutor(Runnable::run))
            .thenApply(
                x -> {
                  Await.latch(never);
                  return x;
                });
    gate.open();
    LedgerModel.check(2, Await.value(model.submit(LedgerModel.request(2))));
    LedgerModel.check(3, model.predict(LedgerModel.request(3), AN_HOUR));
    never.countDown();
    LedgerModel.check(1, (Tensors) Await.value(blocked));
  }
}
