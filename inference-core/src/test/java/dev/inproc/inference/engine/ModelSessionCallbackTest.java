package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Gate;
import dev.inproc.inference.testing.LedgerModel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** What callers may do in callbacks, which run on the one worker that the session has. */
class ModelSessionCallbackTest {
  private static final CallOptions SECOND = CallOptions.timeout(Duration.ofSeconds(1));

  /**
   * Submits with a callback that surely runs on the worker: it is attached before the run goes on.
   */
  private static <T> CompletableFuture<T> onWorker(Fixture f, Function<Tensors, T> callback) {
    Gate gate = f.model().block();
    CompletableFuture<Tensors> call = f.session.submit(LedgerModel.request(1));
    gate.awaitEntered(1);
    CompletableFuture<T> result = call.thenApply(callback);
    f.model().unblock();
    gate.open();
    return result;
  }

  @Test
  void callback_predicts_doesNotDeadlock() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      LedgerModel.check(
          2, Await.value(onWorker(f, x -> f.session.predict(LedgerModel.request(2)))));
    }
  }

  @Test
  void callback_predictsWithTimeout_doesNotDeadlock() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      LedgerModel.check(
          2, Await.value(onWorker(f, x -> f.session.predict(LedgerModel.request(2), SECOND))));
    }
  }

  @Test
  void callback_predictsAListWithTimeout_doesNotDeadlock() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      List<Tensors> list = List.of(LedgerModel.request(2), LedgerModel.request(3));
      List<Tensors> answers = Await.value(onWorker(f, x -> f.session.predictAll(list, SECOND)));
      LedgerModel.check(2, answers.get(0));
      LedgerModel.check(3, answers.get(1));
    }
  }

  @Test
  void callback_predictsThroughAView_doesNotDeadlock() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Session view = f.session.outputs("answer");
      LedgerModel.check(
          2, Await.value(onWorker(f, x -> view.predict(LedgerModel.request(2), SECOND))));
    }
  }

  @Test
  void callback_predictPastItsTimeout_isStoppedAtTheDeadline() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Gate first = f.model().block();
      CompletableFuture<Tensors> call = f.session.submit(LedgerModel.request(1));
      first.awaitEntered(1);
      CompletableFuture<Throwable> nested =
          call.thenApply(
              x ->
                  assertThrows(
                      DeadlineExceededException.class,
                      () -> f.session.predict(LedgerModel.request(2), SECOND)));
      Gate second = f.model().block();
      first.open();
      second.awaitEntered(1);
      f.timer.advanceMillis(1000);
      assertInstanceOf(DeadlineExceededException.class, Await.value(nested));
      assertEquals(1, f.model().terminations());
    }
  }

  @Test
  void callback_closes_doesNotWait() {
    Fixture f = Fixture.of(LedgerModel.scalars());
    Boolean closed =
        Await.value(
            onWorker(
                f,
                x -> {
                  f.session.close();
                  return true;
                }));
    assertTrue(closed);
    f.session.close(); // from here it does wait
    f.checkNothingLeft();
    assertInstanceOf(
        PredictorClosedException.class, Await.failure(f.session.submit(LedgerModel.request(1))));
  }

  @Test
  void callback_closesWhileOthersWait_theyAreAnsweredFirst() {
    Fixture f = Fixture.of(LedgerModel.scalars());
    Gate gate = f.model().block();
    CompletableFuture<Tensors> first = f.session.submit(LedgerModel.request(1));
    gate.awaitEntered(1);
    CompletableFuture<Void> closing = first.thenAccept(x -> f.session.close());
    CompletableFuture<Tensors> waiting = f.session.submit(LedgerModel.request(2));
    gate.open();
    Await.value(closing);
    LedgerModel.check(2, Await.value(waiting));
    f.close();
  }

  @Test
  void callback_throws_workerGoesOn() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      CompletableFuture<Object> broken =
          onWorker(
              f,
              x -> {
                throw new StackOverflowError("mine");
              });
      assertInstanceOf(StackOverflowError.class, Await.failure(broken));
      LedgerModel.check(3, Await.value(f.session.submit(LedgerModel.request(3))));
    }
  }

  @Test
  void executor_given_runsTheCallbacks() {
    ExecutorService mine = Executors.newSingleThreadExecutor();
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Thread expected = Await.value(CompletableFuture.supplyAsync(Thread::currentThread, mine));
      Gate gate = f.model().block();
      CompletableFuture<Tensors> call =
          f.session.submit(LedgerModel.request(1), CallOptions.DEFAULT.withExecutor(mine));
      CompletableFuture<Thread> seen = call.thenApply(x -> Thread.currentThread());
      gate.open();
      assertSame(expected, Await.value(seen));
    } finally {
      mine.shutdown();
    }
  }

  @Test
  void executor_refuses_futureCompletesAllTheSame() {
    CallOptions options =
        CallOptions.DEFAULT.withExecutor(
            task -> {
              throw new RejectedExecutionException("full");
            });
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      LedgerModel.check(1, Await.value(f.session.submit(LedgerModel.request(1), options)));
    }
  }

  @Test
  void expiry_ofASubmittedCall_runsNoCallbackOnTheTimersThread() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Gate gate = f.model().block();
      CompletableFuture<Tensors> late = f.session.submit(LedgerModel.request(1), SECOND);
      gate.awaitEntered(1);
      CompletableFuture<Thread> seen = late.handle((x, e) -> Thread.currentThread());
      f.timer.advanceMillis(1000); // on this thread
      assertNotSame(Thread.currentThread(), Await.value(seen));
      assertEquals(0, f.timer.pending());
    }
  }
}
