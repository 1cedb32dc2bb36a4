package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Gate;
import dev.inproc.inference.testing.LedgerModel;
import dev.inproc.inference.testing.ScriptedModel;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Closing at the worst moments, from the worst places. */
class ModelSessionHostileCloseTest {
  private static final CallOptions SECOND = CallOptions.timeout(Duration.ofSeconds(1));

  @Test
  void closeWithin_longestDuration_isLikeForever() {
    Fixture f = Fixture.of(LedgerModel.scalars());
    assertTrue(f.session.close(ChronoUnit.FOREVER.getDuration()));
    f.checkNothingLeft();
  }

  /** The binding must stay until terminate has returned: both are native calls on one handle. */
  @Test
  void closeWithin_runEndsWhileItIsBeingTerminated_bindingIsNotFreedUnderneath() {
    Fixture f = Fixture.of(LedgerModel.scalars());
    ScriptedModel model = f.model();
    Gate gate = model.block();
    Thread caller =
        new Thread(() -> assertThrowsOrAnswers(() -> f.session.predict(LedgerModel.request(1))));
    caller.start();
    gate.awaitEntered(1);
    model.onTerminate(
        () -> {
          gate.open(); // the run ends by itself at this very moment
          Await.until(
              "the run's thread to free the binding, or to wait for us",
              () -> model.active() == 0 && (model.closes() > 0 || isStuck(caller)));
        });
    assertTrue(f.session.close(Duration.ZERO));
    Await.end(caller);
    f.checkNothingLeft();
  }

  private static boolean isStuck(Thread thread) {
    return switch (thread.getState()) {
      case BLOCKED, WAITING, TIMED_WAITING, TERMINATED -> true;
      case NEW, RUNNABLE -> false;
    };
  }

  private static void assertThrowsOrAnswers(Runnable call) {
    try {
      call.run();
    } catch (EngineException e) {
      // terminated in time: as good
    }
  }

  /** Predictor.close: "Closing from a callback of this predictor does not wait". */
  @Test
  void close_fromTheCallbackOfAnExpiry_doesNotWaitForTheHungRun() {
    Fixture f = Fixture.of(LedgerModel.scalars());
    f.model().ignoreTerminations();
    Gate gate = f.model().block();
    CompletableFuture<Tensors> late = f.session.submit(LedgerModel.request(1), SECOND);
    gate.awaitEntered(1);
    CompletableFuture<Void> closed = late.handle((x, e) -> null).thenRun(f.session::close);
    try {
      f.timer.advanceMillis(1000);
      Await.value(closed);
    } finally {
      gate.open();
    }
    f.close();
  }

  /** close(timeout) releases callers; what their callbacks do must not hold it up. */
  @Test
  void closeWithin_releasedCallersCallbackCloses_returnsAllTheSame() {
    Fixture f = Fixture.of(LedgerModel.scalars());
    f.model().ignoreTerminations();
    Gate gate = f.model().block();
    CompletableFuture<Tensors> running = f.session.submit(LedgerModel.request(1));
    gate.awaitEntered(1);
    CompletableFuture<Void> closed = running.handle((x, e) -> null).thenRun(f.session::close);
    AtomicReference<@Nullable Boolean> released = new AtomicReference<>();
    Thread closer = new Thread(() -> released.set(f.session.close(Duration.ZERO)));
    closer.start();
    try {
      Await.end(closer);
      assertEquals(false, released.get());
    } finally {
      gate.open();
    }
    Await.value(closed);
    f.close();
  }

  /** A callback does not wait, and the time that it gave has not passed either. */
  @Test
  void closeWithin_fromACallback_doesNotFailCallsThatWait() {
    Fixture f = Fixture.of(LedgerModel.scalars());
    Gate gate = f.model().block();
    CompletableFuture<Tensors> first = f.session.submit(LedgerModel.request(1));
    gate.awaitEntered(1);
    Gate second = f.model().block();
    CompletableFuture<Boolean> closing = first.thenApply(x -> f.session.close(Duration.ofHours(1)));
    CompletableFuture<Tensors> waiting = f.session.submit(LedgerModel.request(2));
    gate.open();
    second.awaitEntered(1);
    assertFalse(Await.value(closing));
    second.open();
    LedgerModel.check(2, Await.value(waiting));
    f.close();
  }

  @Test
  void close_oneBindingCannotBeFreed_theOthersAndTheModelAre() {
    ScriptedModel one = LedgerModel.scalars();
    ScriptedModel two = LedgerModel.scalars();
    Fixture f = new Fixture(SessionOptions.DEFAULT, one, two);
    for (int size = 1; size <= 6; size++) {
      f.session.predictAll(Collections.nCopies(size, LedgerModel.request(1)));
    }
    assertTrue(one.openBindings() >= 2);
    one.failNextBindingClose(new IllegalStateException("stuck handle"));
    assertThrows(IllegalStateException.class, f.session::close);
    assertEquals(List.of(0, 1, 1), List.of(one.openBindings(), one.closes(), two.closes()));
  }

  @Test
  void create_warmUpFails_bindingsAreFreedBeforeTheModel() {
    ScriptedModel model = LedgerModel.scalars();
    model.failNext(new IllegalStateException("not an EngineException"));
    SessionOptions options = SessionOptions.builder().warmUp(1).build();
    assertThrows(IllegalStateException.class, () -> new Fixture(options, model));
    assertEquals(List.of(), model.violations());
    assertEquals(0, model.openBindings());
    assertEquals(1, model.closes());
  }
}
