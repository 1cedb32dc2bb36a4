package dev.inproc.inference.testing.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.endurance.CloseUnderLoad;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Closing answers what was accepted, refuses the rest, and crashes nothing. */
interface ClosingContract extends Contract {
  @Test
  default void close_whileEightThreadsPredict_answersOrSaysClosed() {
    CloseUnderLoad load = new CloseUnderLoad(models());
    load.rounds(50);
    assertEquals(load.calls(), load.answered() + load.refused());
    assertTrue(load.answered() > 0 && load.refused() > 0, load::toString);
  }

  @Test
  default void close_withCallsWaiting_answersThemFirst() {
    Session session = load(models().tinyMlp());
    Tensors input = Contract.x(new float[16]);
    Tensors expected = session.predict(input);
    List<CompletableFuture<Tensors>> accepted = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      accepted.add(session.submit(input));
    }
    session.close();
    accepted.forEach(future -> assertEquals(expected, Await.value(future)));
  }

  @Test
  default void close_again_doesNothingAndLaterCallsSayClosed() {
    Session session = load(models().tinyMlp());
    Session view = session.outputs("y");
    Tensors input = Contract.x(new float[16]);
    session.close();
    session.close();
    view.close();
    assertTrue(session.close(Duration.ZERO));
    for (Session each : List.of(session, view)) {
      assertThrows(PredictorClosedException.class, () -> each.predict(input));
      assertThrows(PredictorClosedException.class, () -> each.predictAll(List.of(input)));
      assertThrows(
          PredictorClosedException.class,
          () -> each.runRaw(Tensors.of("x", Tensor.of(Shape.of(1, 16), new float[16]))));
      assertInstanceOf(PredictorClosedException.class, Await.failure(each.submit(input)));
    }
    assertTrue(session.toString().startsWith(models().engine().name()));
  }

  @Test
  default void close_ofABorrowedView_leavesTheOwnerOpen() {
    try (Session session = load(models().tinyMlp())) {
      Tensors input = Contract.x(new float[16]);
      var view = session.borrowed();
      Tensors answer = view.predict(input);
      view.close();
      assertThrows(PredictorClosedException.class, () -> view.predict(input));
      assertEquals(answer, session.predict(input));
    }
  }

  @Test
  default void closeWithTimeout_nothingRunning_isTrue() {
    Session session = load(models().slow());
    assertQuick(session.predict(Contract.quick()));
    assertTrue(session.close(Duration.ofSeconds(10)));
    assertTrue(session.close(Duration.ZERO));
  }

  /** True if the run was stopped; else false, and what it uses is freed when it ends. */
  @Test
  default void closeWithTimeout_endlessRun_releasesItsCallersAndThoseWhoWait() {
    Session session = load(models().slow());
    AtomicReference<Throwable> blocked = new AtomicReference<>();
    Thread caller =
        new Thread(
            () -> {
              try {
                session.predict(endless(), CallOptions.timeout(Duration.ofHours(1)));
              } catch (Throwable t) {
                blocked.set(t);
              }
            });
    caller.start();
    DeadlineContract.awaitTaken(session);
    CompletableFuture<Tensors> waiting = session.submit(Contract.quick());
    boolean freed = session.close(Duration.ofMillis(50));
    assertEquals(has(Capability.STOPS_RUNS), freed);
    assertInstanceOf(PredictorClosedException.class, Await.failure(waiting));
    Await.end(caller);
    assertInstanceOf(PredictorClosedException.class, blocked.get());
    assertThrows(PredictorClosedException.class, () -> session.predict(Contract.quick()));
    session.close(); // waits until the run has ended, wherever it could not be stopped
    assertTrue(session.close(Duration.ZERO));
  }
}
