package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Codec;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.internal.calls.CallBatch;
import dev.inproc.inference.internal.calls.CallFuture;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Gate;
import dev.inproc.inference.testing.LedgerModel;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Cancelled calls: a waiting call is never run, and a run stops when its last caller has gone. */
class ModelSessionCancelTest {
  @Test
  void cancel_whileWaiting_isNeverRunAndFreesItsPlace() {
    SessionOptions options = SessionOptions.builder().maxQueued(1).build();
    try (Fixture f = new Fixture(options, LedgerModel.scalars())) {
      Gate gate = f.model().block();
      CompletableFuture<Tensors> running = f.session.submit(LedgerModel.request(1));
      gate.awaitEntered(1);
      CompletableFuture<Tensors> waiting = f.session.submit(LedgerModel.request(2));
      assertInstanceOf(
          OverloadedException.class, Await.failure(f.session.submit(LedgerModel.request(3))));
      assertTrue(waiting.cancel(false));
      CompletableFuture<Tensors> next = f.session.submit(LedgerModel.request(4));
      gate.open();
      LedgerModel.check(1, Await.value(running));
      LedgerModel.check(4, Await.value(next));
      assertEquals(2, f.model().started());
    }
  }

  @Test
  void cancel_whileRunning_stopsTheRun() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Gate gate = f.model().block();
      CompletableFuture<Tensors> running = f.session.submit(LedgerModel.request(1));
      gate.awaitEntered(1);
      assertTrue(running.cancel(true));
      assertInstanceOf(CancellationException.class, Await.failure(running));
      gate.awaitEmpty();
      assertEquals(1, f.model().terminations());
    }
  }

  @Test
  void completeFromOutside_whileRunning_countsAsGone() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Gate gate = f.model().block();
      CompletableFuture<Tensors> one = f.session.submit(LedgerModel.request(1));
      gate.awaitEntered(1);
      Tensors own = LedgerModel.request(99);
      assertTrue(one.complete(own));
      gate.awaitEmpty();
      CompletableFuture<Tensors> two = f.session.submit(LedgerModel.request(2));
      gate.awaitEntered(2);
      assertTrue(two.completeExceptionally(new IllegalStateException("mine")));
      gate.awaitEmpty();
      assertSame(own, Await.value(one));
      assertInstanceOf(IllegalStateException.class, Await.failure(two));
      assertEquals(2, f.model().terminations());
    }
  }

  @Test
  void cancel_throughACodec_reachesTheRun() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Predictor<Long, Long> ids =
          f.session
              .borrowed()
              .with(Codec.of(LedgerModel::request, out -> out.get("answer").getLong(0)));
      assertEquals(LedgerModel.f(5), ids.predict(5L));
      Gate gate = f.model().block();
      CompletableFuture<Long> running = ids.submit(1L);
      gate.awaitEntered(1);
      assertTrue(running.cancel(true));
      gate.awaitEmpty();
      assertEquals(1, f.model().terminations());
    }
  }

  @Test
  void cancel_afterTheAnswer_changesNothing() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      CompletableFuture<Tensors> done = f.session.submit(LedgerModel.request(1));
      LedgerModel.check(1, Await.value(done));
      assertFalse(done.cancel(true));
      LedgerModel.check(1, Await.value(done));
      assertEquals(0, f.model().terminations());
    }
  }

  @Test
  void batch_oneMemberGoes_runGoesOnForTheOther() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Gate gate = f.model().block();
      CallFuture<Tensors, Tensors> one =
          new CallFuture<>(LedgerModel.request(1), CallOptions.DEFAULT);
      CallFuture<Tensors, Tensors> two =
          new CallFuture<>(LedgerModel.request(2), CallOptions.DEFAULT);
      Thread runner = new Thread(() -> f.session.run(new CallBatch<>(List.of(one, two))));
      runner.start();
      gate.awaitEntered(1);
      assertTrue(one.cancel(false));
      assertEquals(0, f.model().terminations());
      gate.open();
      Await.end(runner);
      LedgerModel.check(2, Await.value(two));
    }
  }

  @Test
  void batch_lastMemberGoes_runIsStopped() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Gate gate = f.model().block();
      CallFuture<Tensors, Tensors> one =
          new CallFuture<>(LedgerModel.request(1), CallOptions.DEFAULT);
      CallFuture<Tensors, Tensors> two =
          new CallFuture<>(LedgerModel.request(2), CallOptions.DEFAULT);
      Thread runner = new Thread(() -> f.session.run(new CallBatch<>(List.of(one, two))));
      runner.start();
      gate.awaitEntered(1);
      assertTrue(one.cancel(false));
      assertTrue(two.complete(LedgerModel.request(3)));
      Await.end(runner);
      assertEquals(1, f.model().terminations());
    }
  }
}
