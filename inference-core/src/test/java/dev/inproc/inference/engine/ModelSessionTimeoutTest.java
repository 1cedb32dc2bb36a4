package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Deadline;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Gate;
import dev.inproc.inference.testing.LedgerModel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Deadlines, on a clock that moves only when told. */
class ModelSessionTimeoutTest {
  private static final CallOptions MS_50 = CallOptions.timeout(Duration.ofMillis(50));

  /** Runs something blocking on a thread of its own. */
  private static <T> CompletableFuture<T> aside(Supplier<T> blocking) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                result.complete(blocking.get());
              } catch (Throwable t) {
                result.completeExceptionally(t);
              }
            });
    thread.setDaemon(true);
    thread.start();
    return result;
  }

  @Test
  void predict_engineBlocked_callerIsReleasedAndTheRunStopped() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Gate gate = f.model().block();
      CompletableFuture<Tensors> late =
          aside(() -> f.session.predict(LedgerModel.request(1), MS_50));
      gate.awaitEntered(1);
      f.timer.advanceMillis(49);
      assertFalse(late.isDone());
      f.timer.advanceMillis(1);
      DeadlineExceededException e =
          assertInstanceOf(DeadlineExceededException.class, Await.failure(late));
      assertEquals(Duration.ofMillis(50), e.timeout());
      gate.awaitEmpty(); // no test opened it
      assertEquals(1, f.model().terminations());
    }
  }

  @Test
  void predict_engineDeaf_callerIsReleasedAllTheSame() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      f.model().ignoreTerminations();
      Gate gate = f.model().block();
      CompletableFuture<Tensors> late =
          aside(() -> f.session.predict(LedgerModel.request(1), MS_50));
      gate.awaitEntered(1);
      f.timer.advanceMillis(50);
      assertInstanceOf(DeadlineExceededException.class, Await.failure(late));
      assertEquals(1, gate.inside());
      gate.open();
    }
  }

  @Test
  void predict_terminatedRun_strangersAreNotStopped() {
    SessionOptions options = SessionOptions.builder().parallelism(2).build();
    try (Fixture f = new Fixture(options, LedgerModel.scalars())) {
      Gate gate = f.model().block();
      CompletableFuture<Tensors> late = f.session.submit(LedgerModel.request(1), MS_50);
      CompletableFuture<Tensors> stranger = f.session.submit(LedgerModel.request(2));
      gate.awaitEntered(2);
      f.timer.advanceMillis(50);
      assertInstanceOf(DeadlineExceededException.class, Await.failure(late));
      assertFalse(stranger.isDone());
      // The future fails first, and then its run is stopped.
      Await.until("the termination", () -> f.model().terminations() == 1);
      gate.open();
      LedgerModel.check(2, Await.value(stranger));
      // The binding of the stopped run is fit for use again.
      LedgerModel.check(3, f.session.predict(LedgerModel.request(3)));
      LedgerModel.check(4, f.session.predict(LedgerModel.request(4)));
      assertEquals(1, f.model().terminations());
    }
  }

  @Test
  void submit_expiredWhileWaiting_isNeverRun() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Gate gate = f.model().block();
      CompletableFuture<Tensors> first = f.session.submit(LedgerModel.request(1));
      gate.awaitEntered(1);
      CompletableFuture<Tensors> waiting = f.session.submit(LedgerModel.request(2), MS_50);
      f.timer.advanceMillis(50);
      assertInstanceOf(DeadlineExceededException.class, Await.failure(waiting));
      gate.open();
      LedgerModel.check(1, Await.value(first));
      LedgerModel.check(3, Await.value(f.session.submit(LedgerModel.request(3))));
      assertEquals(2, f.model().started());
    }
  }

  @Test
  void predictAll_timeout_coversTheWholeList() {
    SessionOptions options = SessionOptions.builder().maxBatchSize(1).build();
    try (Fixture f = new Fixture(options, LedgerModel.scalars())) {
      Gate gate = f.model().block();
      CompletableFuture<List<Tensors>> late =
          aside(
              () ->
                  f.session.predictAll(
                      List.of(LedgerModel.request(1), LedgerModel.request(2)), MS_50));
      gate.awaitEntered(1);
      f.timer.advanceMillis(50);
      assertInstanceOf(DeadlineExceededException.class, Await.failure(late));
      gate.awaitEmpty();
      LedgerModel.check(3, checkedAfter(f, gate));
      assertEquals(2, f.model().started(), "the second example of the list was not run");
    }
  }

  private static Tensors checkedAfter(Fixture f, Gate gate) {
    gate.open();
    return Await.value(f.session.submit(LedgerModel.request(3)));
  }

  @Test
  void anyCall_timeoutOfZero_hasPassedAlready() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      for (Duration none : List.of(Duration.ZERO, Duration.ofMillis(-1))) {
        CallOptions options = CallOptions.timeout(none);
        assertThrows(
            DeadlineExceededException.class,
            () -> f.session.predict(LedgerModel.request(1), options));
        assertInstanceOf(
            DeadlineExceededException.class,
            Await.failure(f.session.submit(LedgerModel.request(1), options)));
      }
      assertEquals(0, f.model().started());
    }
  }

  @Test
  void armedOptions_timeSpentOutside_counts() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      CallOptions armed = Deadline.start(MS_50, f.timer.nanoTime());
      f.timer.advanceMillis(50);
      assertThrows(
          DeadlineExceededException.class, () -> f.session.predict(LedgerModel.request(1), armed));
    }
  }

  @Test
  void answeredInTime_manyCalls_leaveNoTimeoutBehind() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      for (int i = 0; i < 100; i++) {
        LedgerModel.check(i, f.session.predict(LedgerModel.request(i), MS_50));
        LedgerModel.check(i, Await.value(f.session.submit(LedgerModel.request(i), MS_50)));
      }
      assertEquals(200, f.timer.scheduled());
      assertEquals(0, f.timer.pending());
    }
  }

  @Test
  void predict_interrupted_isCancelledAndKeepsTheStatus() {
    try (Fixture f = Fixture.of(LedgerModel.scalars())) {
      Gate gate = f.model().block();
      FutureTask<Boolean> caller =
          new FutureTask<>(
              () -> {
                assertThrows(
                    InferenceInterruptedException.class,
                    () -> f.session.predict(LedgerModel.request(1), MS_50));
                return Thread.currentThread().isInterrupted();
              });
      Thread thread = new Thread(caller);
      thread.start();
      gate.awaitEntered(1);
      thread.interrupt();
      Await.end(thread);
      assertTrue(Await.value(CompletableFuture.supplyAsync(() -> get(caller))));
      gate.awaitEmpty(); // the run was stopped, since no caller waits for it
    }
  }

  private static boolean get(FutureTask<Boolean> task) {
    try {
      return task.get();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
