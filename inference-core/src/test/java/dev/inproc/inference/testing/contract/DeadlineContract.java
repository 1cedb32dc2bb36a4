package dev.inproc.inference.testing.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Callers of a run that lasts for hours are released on time. Where the engine can stop it, the
 * worker is free again; where it cannot, the run is in quarantine until it ends, and costs nobody
 * but its own session anything.
 */
interface DeadlineContract extends Contract {
  /** Within which a run that was entered is surely under way, and a quick one over. */
  Duration SOON = Duration.ofMillis(200);

  /** Ends once the one worker of the session is taken by an endless run. */
  static void awaitTaken(Session session) {
    Await.until(
        "the worker to be taken",
        () -> {
          try {
            session.predict(Contract.quick(), CallOptions.timeout(SOON));
            return false;
          } catch (DeadlineExceededException e) {
            return true;
          }
        });
  }

  /** The worker comes back: at once if the run was stopped, else when it has ended. */
  private void assertServesOn(Session session) {
    CompletableFuture<Tensors> next = session.submit(Contract.quick());
    if (!has(Capability.STOPS_RUNS)) {
      assertFalse(next.isDone(), "the caller was not released before the run ended");
    }
    assertQuick(Await.value(next));
    assertQuick(session.predict(Contract.quick()));
  }

  @Test
  default void slowModel_quickCall_equalsTheReference() {
    try (Session session = load(models().slow())) {
      assertQuick(session.predict(Contract.quick()));
      for (Tensors answer : session.predictAll(List.of(Contract.quick(), Contract.loops(4)))) {
        assertQuick(answer);
      }
    }
  }

  @Test
  default void deadline_passesDuringTheRun_releasesAndTheSessionServesOn() {
    CallOptions soon = CallOptions.timeout(SOON);
    try (Session session = load(models().slow())) {
      DeadlineExceededException failure =
          assertThrows(DeadlineExceededException.class, () -> session.predict(endless(), soon));
      assertEquals(SOON, failure.timeout());
      assertServesOn(session);
      Throwable later = Await.failure(session.submit(endless(), soon));
      assertEquals(SOON, assertInstanceOf(DeadlineExceededException.class, later).timeout());
      assertServesOn(session);
      List<Tensors> list = List.of(Contract.quick(), endless());
      assertThrows(DeadlineExceededException.class, () -> session.predictAll(list, soon));
      assertServesOn(session);
    }
  }

  @Test
  default void deadline_passedBefore_isNotRun() {
    CallOptions passed = CallOptions.timeout(Duration.ZERO);
    try (Session session = load(models().slow())) {
      assertThrows(DeadlineExceededException.class, () -> session.predict(endless(), passed));
      assertInstanceOf(
          DeadlineExceededException.class, Await.failure(session.submit(endless(), passed)));
      assertQuick(session.predict(Contract.quick(), CallOptions.timeout(Duration.ofMinutes(1))));
    }
  }

  @Test
  default void cancel_duringTheRun_releasesAndTheSessionServesOn() {
    try (Session session = load(models().slow())) {
      CompletableFuture<Tensors> future = session.submit(endless());
      awaitTaken(session);
      assertTrue(future.cancel(true));
      assertInstanceOf(CancellationException.class, Await.failure(future));
      assertServesOn(session);
    }
  }

  @Test
  default void cancel_beforeTheRun_takesTheCallAwayAndHarmsNoStranger() {
    SessionOptions.Builder options = SessionOptions.builder().parallelism(1);
    try (Session session = load(models().slow(), options)) {
      CompletableFuture<Tensors> running = session.submit(endless());
      awaitTaken(session);
      CompletableFuture<Tensors> withdrawn = session.submit(endless());
      CompletableFuture<Tensors> stranger = session.submit(Contract.quick());
      assertTrue(withdrawn.cancel(true));
      assertTrue(running.cancel(true));
      // If the one withdrawn were run, this would wait for hours.
      assertQuick(Await.value(stranger));
    }
  }

  @Test
  default void strangers_besideARunThatIsGivenUp_areAnswered() {
    SessionOptions.Builder options = SessionOptions.builder().parallelism(2).intraOpThreads(1);
    try (Session session = load(models().slow(), options)) {
      int rounds = has(Capability.STOPS_RUNS) ? 10 : 1;
      for (int round = 0; round < rounds; round++) {
        CompletableFuture<Tensors> victim = session.submit(endless());
        List<CompletableFuture<Tensors>> strangers =
            Stream.generate(() -> session.submit(Contract.quick())).limit(50).toList();
        assertQuick(Await.value(strangers.get(0)));
        assertTrue(victim.cancel(true));
        strangers.forEach(stranger -> assertQuick(Await.value(stranger)));
      }
    }
  }

  @Test
  default void interrupt_ofAWaitingCaller_releasesItAndKeepsTheStatus() {
    CompletableFuture<Boolean> outcome = new CompletableFuture<>();
    try (Session session = load(models().slow())) {
      Thread caller =
          new Thread(
              () -> {
                try {
                  session.predict(endless(), CallOptions.timeout(Duration.ofHours(1)));
                  outcome.complete(false);
                } catch (InferenceInterruptedException e) {
                  outcome.complete(Thread.currentThread().isInterrupted());
                } catch (Throwable t) {
                  outcome.completeExceptionally(t);
                }
              });
      caller.start();
      awaitTaken(session);
      caller.interrupt();
      assertTrue(Await.value(outcome));
      assertServesOn(session);
    }
  }
}
