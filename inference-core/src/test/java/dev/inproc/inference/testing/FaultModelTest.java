package dev.inproc.inference.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.spi.BindingSpec;
import dev.inproc.inference.spi.IoBinding;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** The double does what it says, and what it says of the session is true. */
class FaultModelTest {
  private static final SessionOptions SKIP =
      SessionOptions.builder().integrity(IntegrityOptions.skip()).build();

  private static final Tensors ONE = LedgerModel.request(1);

  private static Session session(FaultModel model) {
    return Session.of("fault", null, List.of(model.replica()), SKIP);
  }

  private static FaultModel ledger() {
    return new FaultModel(LedgerModel.scalars(), 1);
  }

  private static void assertClean(FaultModel model) {
    assertEquals(List.of(), model.violations());
    assertEquals(0, model.openBindings());
    assertEquals(1, model.closes());
  }

  @Test
  void script_throwThenNothing_failsOneRunAlone() {
    FaultModel model = ledger();
    try (Session session = session(model)) {
      model.next(Fault.THROW);
      assertThrows(EngineException.class, () -> session.predict(ONE));
      LedgerModel.check(1, session.predict(ONE));
      assertEquals(1, model.count(Fault.THROW));
      assertEquals(2, model.runs());
    }
    assertClean(model);
  }

  @Test
  void hang_untilDeadline_isTerminatedAndTheBindingServesOn() {
    FaultModel model = ledger();
    try (Session session = session(model)) {
      model.next(Fault.HANG);
      CallOptions soon = CallOptions.timeout(Duration.ofMillis(10));
      while (model.count(Fault.HANG) == 0) { // a call may expire before its run begins
        assertThrows(DeadlineExceededException.class, () -> session.predict(ONE, soon));
      }
      LedgerModel.check(1, Await.value(session.submit(ONE)));
    }
    assertClean(model);
  }

  @Test
  void hangDeaf_terminated_endsOnlyWhenReleased() {
    FaultModel model = ledger();
    try (Session session = session(model)) {
      model.next(Fault.HANG_DEAF);
      CompletableFuture<Tensors> future = session.submit(ONE);
      model.awaitHanging(1);
      assertTrue(future.cancel(true));
      CompletableFuture<Tensors> next = session.submit(ONE);
      assertFalse(next.isDone());
      model.release();
      LedgerModel.check(1, Await.value(next));
    }
    assertClean(model);
  }

  @Test
  void slow_onTheManualClock_endsWhenItsTimeHasPassed() {
    ManualTimer clock = new ManualTimer();
    FaultModel model = new FaultModel(LedgerModel.scalars(), 1, clock, 1_000);
    try (Session session = session(model)) {
      model.next(Fault.SLOW);
      CompletableFuture<Tensors> future = session.submit(ONE);
      Await.until("the run to be slow", () -> clock.pending() == 1);
      clock.advance(999);
      assertFalse(future.isDone());
      clock.advance(1);
      LedgerModel.check(1, Await.value(future));
    }
    assertClean(model);
  }

  @Test
  void slow_cancelled_endsAtOnce() {
    ManualTimer clock = new ManualTimer();
    FaultModel model = new FaultModel(LedgerModel.scalars(), 1, clock, 1_000);
    try (Session session = session(model)) {
      model.next(Fault.SLOW);
      CompletableFuture<Tensors> future = session.submit(ONE);
      Await.until("the run to be slow", () -> clock.pending() == 1);
      assertTrue(future.cancel(true));
      LedgerModel.check(1, Await.value(session.submit(ONE)));
    }
    assertClean(model);
  }

  @Test
  void shortRows_inABatch_areRefusedAndNobodyGetsAnothersAnswer() {
    FaultModel model = ledger();
    try (Session session = session(model)) {
      model.next(Fault.SHORT_ROWS);
      List<Tensors> three = List.of(ONE, LedgerModel.request(2), LedgerModel.request(3));
      assertThrows(EngineException.class, () -> session.predictAll(three));
      LedgerModel.check(3, session.predictAll(three).get(2));
    }
    assertClean(model);
  }

  @Test
  void nan_fillsTheAnswer_andNotTheNextOne() {
    long[] open = {TensorSpec.DYNAMIC};
    Signature signature =
        new Signature(
            List.of(TensorSpec.of("x", DataType.FLOAT32, open, "batch")),
            List.of(TensorSpec.of("y", DataType.FLOAT32, open, "batch")));
    ScriptedModel echo = new ScriptedModel(signature, in -> Tensors.of("y", in.get("x")));
    FaultModel model = new FaultModel(echo, 1);
    try (Session session = session(model)) {
      model.next(Fault.NAN);
      Tensors input = Tensors.of("x", Tensor.of(Shape.scalar(), 5f));
      assertTrue(Float.isNaN(session.predict(input).only().getFloat(0)));
      assertEquals(5f, session.predict(input).only().getFloat(0));
    }
    assertClean(model);
    assertEquals(List.of(), echo.violations());
  }

  @Test
  void chances_ofOneSeed_giveTheSameFaultsInAboutThatShare() {
    int[] counts = new int[2];
    for (int round = 0; round < 2; round++) {
      FaultModel model = new FaultModel(LedgerModel.scalars(), 42);
      model.chance(Fault.THROW, 0.2);
      int failed = 0;
      try (Session session = session(model)) {
        for (long id = 0; id < 1000; id++) {
          try {
            LedgerModel.check(id, session.predict(LedgerModel.request(id)));
          } catch (EngineException e) {
            failed++;
          }
        }
      }
      assertEquals(failed, model.count(Fault.THROW));
      counts[round] = failed;
    }
    assertEquals(counts[0], counts[1]);
    assertTrue(counts[0] > 150 && counts[0] < 250, counts[0] + " of 1000");
  }

  @Test
  void impossibleScripts_areRefused() {
    FaultModel model = ledger();
    assertThrows(IllegalStateException.class, () -> model.next(Fault.SLOW));
    model.chance(Fault.THROW, 0.7);
    assertThrows(IllegalArgumentException.class, () -> model.chance(Fault.NAN, 0.7));
  }

  @Test
  void breaches_areNoted() {
    FaultModel model = ledger();
    FaultBindings bindings = new FaultBindings(model);
    model.next(Fault.HANG_DEAF);
    Thread first = new Thread(bindings.binding::run);
    first.start();
    model.awaitHanging(1);
    CountDownLatch entered = new CountDownLatch(1);
    Thread second =
        new Thread(
            () -> {
              entered.countDown();
              bindings.binding.run();
            });
    second.start();
    Await.latch(entered);
    Await.until("the breach", () -> model.violations().contains("two threads in one binding"));
    model.close();
    assertTrue(model.violations().contains("the model was closed before its 1 bindings"));
    model.release();
    Await.end(first);
    Await.end(second);
    bindings.binding.close();
    assertThrows(IllegalStateException.class, bindings.binding::run);
    assertTrue(model.violations().contains("run after the binding was closed"));
  }

  /** One binding, by hand. */
  private static final class FaultBindings {
    final IoBinding binding;

    FaultBindings(FaultModel model) {
      binding =
          model.open(
              new BindingSpec(
                  List.of(Shape.of(1)),
                  List.of(0),
                  List.of(Shape.of(1)),
                  bytes -> ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder())));
    }
  }

  @Test
  void engine_loads_oneModelForEachDeviceOrFails() {
    FaultEngine engine = new FaultEngine(FaultModelTest::ledger);
    ModelSource source = ModelSource.bytes("m", new byte[0]);
    ModelLoadException failure = new ModelLoadException("m", "injected", null);
    engine.failNextLoad(failure);
    assertSame(failure, assertThrows(ModelLoadException.class, () -> engine.load(source)));
    try (Session session = engine.load(source)) {
      engine.loaded().get(0).next(Fault.THROW);
      assertInstanceOf(EngineException.class, Await.failure(session.submit(ONE)));
      LedgerModel.check(1, session.predict(ONE));
      assertEquals("fault:m", session.toString());
    }
    assertEquals(1, engine.loaded().size());
    assertClean(engine.loaded().get(0));
  }
}
