package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.Codec;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.internal.concurrent.ServingThreads;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Gate;
import dev.inproc.inference.testing.LedgerModel;
import dev.inproc.inference.testing.ScriptedModel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A close that is bounded while a caller is inside the engine, on its own thread. */
class BoundedCloseTest {
  /** What stands before the model. */
  @SuppressWarnings("ImmutableEnumChecker") // its functions keep nothing
  enum Layers {
    SESSION(session -> session),
    BATCHED(session -> session.with(Batching.upTo(8))),
    ONE_BY_ONE(session -> session.with(Batching.upTo(1))),
    CODEC(session -> session.with(Batching.upTo(8)).with(Codec.of(in -> in, out -> out)));

    private final Function<Session, Predictor<Tensors, Tensors>> layers;

    Layers(Function<Session, Predictor<Tensors, Tensors>> layers) {
      this.layers = layers;
    }

    Predictor<Tensors, Tensors> over(ScriptedModel model) {
      SessionOptions options = Fixture.unprobed(SessionOptions.DEFAULT);
      return layers.apply(
          new SessionLoader(
                  "scripted",
                  null,
                  () -> List.of(model.replica()),
                  false,
                  options,
                  ServingThreads.withTimer(Timer.system()))
              .load());
    }
  }

  @ParameterizedTest
  @EnumSource
  void loneCallerInsideTheEngine_closedInTime_failsAsClosed(Layers layers) {
    ScriptedModel model = LedgerModel.scalars();
    Gate gate = model.block();
    Predictor<Tensors, Tensors> predictor = layers.over(model);
    CompletableFuture<Throwable> failure = new CompletableFuture<>();
    Thread caller =
        new Thread(
            () -> {
              try {
                predictor.predict(LedgerModel.request(1));
                failure.complete(new AssertionError("answered"));
              } catch (Throwable t) {
                failure.complete(t);
              }
            });
    caller.setDaemon(true);
    caller.start();
    gate.awaitEntered(1);
    assertTrue(predictor.close(Duration.ofMillis(5)));
    assertInstanceOf(PredictorClosedException.class, Await.value(failure));
    assertEquals(1, model.closes());
    assertEquals(List.of(), model.violations());
  }
}
