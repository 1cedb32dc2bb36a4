package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.internal.calls.CallBatch;
import dev.inproc.inference.internal.calls.CallFuture;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Gate;
import dev.inproc.inference.testing.LedgerModel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** Executors that a caller may hand in: busy ones, broken ones, ones that are none. */
class ModelSessionExecutorTest {
  private static final CallOptions SECOND = CallOptions.timeout(Duration.ofSeconds(1));
  private static final Executor BROKEN =
      task -> {
        throw new IllegalStateException("broken executor");
      };

  @Test
  void predict_fromTheOnlyThreadOfItsExecutor_doesNotDeadlock() {
    ExecutorService mine = Executors.newSingleThreadExecutor();
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      // The executor is for a future's callbacks; a blocked caller has none, and it is the thread.
      CallOptions options = SECOND.withExecutor(mine);
      CompletableFuture<Tensors> answer =
          CompletableFuture.supplyAsync(
              () -> f.session.predict(LedgerModel.request(1), options), mine);
      LedgerModel.check(1, Await.value(answer));
    } finally {
      mine.shutdownNow();
    }
  }

  @Test
  void submit_executorThrows_futureEndsAndTheLaneGoesOn() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      CallOptions broken = CallOptions.DEFAULT.withExecutor(BROKEN);
      CompletableFuture<Tensors> first = f.session.submit(LedgerModel.request(1), broken);
      LedgerModel.check(2, Await.value(f.session.submit(LedgerModel.request(2))));
      LedgerModel.check(1, Await.value(first));
    }
  }

  @Test
  void run_executorOfOneCallThrows_othersAreCompleted() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      CallFuture<Tensors, Tensors> one =
          new CallFuture<>(LedgerModel.request(1), CallOptions.DEFAULT.withExecutor(BROKEN));
      CallFuture<Tensors, Tensors> two =
          new CallFuture<>(LedgerModel.request(2), CallOptions.DEFAULT);
      f.session.run(new CallBatch<>(List.of(one, two)));
      LedgerModel.check(1, Await.value(one));
      LedgerModel.check(2, Await.value(two));
    }
  }

  @Test
  void expiry_executorThatRunsAtOnce_keepsCallbacksOffTheTimersThread() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Gate gate = f.model().block();
      CompletableFuture<Tensors> late =
          f.session.submit(LedgerModel.request(1), SECOND.withExecutor(Runnable::run));
      gate.awaitEntered(1);
      CompletableFuture<Thread> seen = late.handle((x, e) -> Thread.currentThread());
      f.timer.advanceMillis(1000); // the timer's thread is this one
      assertNotSame(Thread.currentThread(), Await.value(seen));
    }
  }

  @Test
  void expiry_executorThrows_futureEndsAllTheSame() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Gate gate = f.model().block();
      CompletableFuture<Tensors> late =
          f.session.submit(LedgerModel.request(1), SECOND.withExecutor(BROKEN));
      gate.awaitEntered(1);
      f.timer.advanceMillis(1000);
      assertInstanceOf(DeadlineExceededException.class, Await.failure(late));
    }
  }

  /** A callback's interrupt is the worker's, and must not end a stranger's wait. */
  @Test
  void callback_interruptsItsThread_nextCallbackDoesNotSeeIt() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Gate gate = f.model().block();
      CompletableFuture<Tensors> one = f.session.submit(LedgerModel.request(1));
      gate.awaitEntered(1);
      CompletableFuture<Tensors> two = f.session.submit(LedgerModel.request(2));
      CompletableFuture<Void> rude = one.thenAccept(x -> Thread.currentThread().interrupt());
      CompletableFuture<Boolean> seen = two.thenApply(x -> Thread.currentThread().isInterrupted());
      f.model().unblock();
      gate.open();
      Await.value(rude);
      assertFalse(Await.value(seen));
    }
  }
}
