package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.metrics.LayerDescription;
import dev.inproc.inference.monitoring.Health;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Gate;
import dev.inproc.inference.testing.LedgerModel;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** The age of runs that callers make themselves, and the health that follows from it. */
class RunAgeTest {
  private static double age(Predictor<?, ?> predictor) {
    LayerDescription session =
        predictor.describe().all().filter(each -> each.kind().equals("session")).findFirst().get();
    return ((Number) session.figure("run.age").orElseThrow().value()).doubleValue();
  }

  private static Health.Status health(Predictor<?, ?> predictor) {
    return Health.of(predictor.describe()).status();
  }

  /** Enough runs for 20 of them to be timed. */
  private static void warm(Predictor<Tensors, Tensors> predictor) {
    for (int i = 0; i < 400; i++) {
      predictor.predict(LedgerModel.request(i));
    }
  }

  private static void hangs(
      Fixture f, Predictor<Tensors, Tensors> predictor, Consumer<Tensors> call) {
    warm(predictor);
    Gate gate = f.model().block();
    Thread caller = new Thread(() -> call.accept(LedgerModel.request(1)));
    caller.start();
    gate.awaitEntered(1);
    f.timer.advanceMillis(60_000);
    assertEquals(0, age(predictor), "nothing has looked");
    assertEquals(Health.Status.READY, health(predictor));
    f.timer.advanceMillis(4_000);
    assertEquals(4, age(predictor));
    assertEquals(Health.Status.READY, health(predictor));
    f.timer.advanceMillis(2_000);
    assertEquals(6, age(predictor));
    assertEquals(Health.Status.HUNG, health(predictor));
    gate.open();
    Await.end(caller);
    assertEquals(0, age(predictor));
    assertEquals(Health.Status.READY, health(predictor));
  }

  @Test
  void loneCallerOfASession_hangs_inEveryMethod() {
    for (int method = 0; method < 3; method++) {
      try (Fixture f = Fixture.of(LedgerModel.scalars())) {
        List<Consumer<Tensors>> calls =
            List.of(
                request -> f.session.predict(request),
                request -> f.session.predictAll(List.of(request, request)),
                request -> f.session.runRaw(Tensors.of("id", Tensor.of(1L, 2L))));
        hangs(f, f.session, calls.get(method));
      }
    }
  }

  @Test
  void loneCallerOfABatcher_hangs() {
    try (Fixture f = Fixture.of(LedgerModel.scalars());
        Predictor<Tensors, Tensors> batched = f.session.with(Batching.upTo(8))) {
      hangs(f, batched, batched::predict);
    }
  }

  /** A busy model's binding is in use at every look; each time it is another run. */
  @Test
  void runsOneAfterTheOther_haveNoAge() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      warm(f.session);
      for (int i = 0; i < 3; i++) {
        Gate gate = f.model().block();
        Thread caller = new Thread(() -> f.session.predict(LedgerModel.request(1)));
        caller.start();
        gate.awaitEntered(1);
        assertEquals(0, age(f.session));
        f.timer.advanceMillis(3_000);
        assertEquals(3, age(f.session));
        gate.open();
        Await.end(caller);
      }
    }
  }

  @Test
  void runThatFails_hasEnded() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      f.model().failNext(new IllegalStateException("planted"));
      try {
        f.session.predict(LedgerModel.request(1));
      } catch (RuntimeException e) {
        assertTrue(e.toString().contains("planted"), e::toString);
      }
      assertEquals(0, age(f.session));
      f.timer.advanceMillis(3_000);
      assertEquals(0, age(f.session));
    }
  }
}
