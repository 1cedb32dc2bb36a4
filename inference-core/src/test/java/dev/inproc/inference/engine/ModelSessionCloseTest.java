package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.internal.calls.CallBatch;
import dev.inproc.inference.internal.calls.CallFuture;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Gate;
import dev.inproc.inference.testing.LedgerModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Closing: what was accepted is answered, then everything is freed, once. */
class ModelSessionCloseTest {
  @Test
  void close_whileARunIsUnderWay_waitsForIt() {
    Fixture f = Fixture.of(LedgerModel.scalars());
    Gate gate = f.model().block();
    CompletableFuture<Tensors> running = f.session.submit(LedgerModel.request(1));
    CompletableFuture<Tensors> waiting = f.session.submit(LedgerModel.request(2));
    gate.awaitEntered(1);
    Thread closer = new Thread(f.session::close);
    closer.start();
    Await.blocked(closer);
    assertEquals(0, f.model().closes());
    assertInstanceOf(
        PredictorClosedException.class, Await.failure(f.session.submit(LedgerModel.request(3))));
    gate.open();
    Await.end(closer);
    LedgerModel.check(1, Await.value(running));
    LedgerModel.check(2, Await.value(waiting));
    f.checkNothingLeft();
  }

  @Test
  void close_interrupted_waitsAllTheSameAndKeepsTheStatus() {
    Fixture f = Fixture.of(LedgerModel.scalars());
    Gate gate = f.model().block();
    CompletableFuture<Tensors> running = f.session.submit(LedgerModel.request(1));
    gate.awaitEntered(1);
    AtomicBoolean status = new AtomicBoolean();
    Thread closer =
        new Thread(
            () -> {
              f.session.close();
              status.set(Thread.currentThread().isInterrupted());
            });
    closer.start();
    Await.blocked(closer);
    closer.interrupt();
    gate.open();
    Await.end(closer);
    assertTrue(status.get());
    LedgerModel.check(1, Await.value(running));
    f.checkNothingLeft();
  }

  @Test
  void close_twice_freesOnce() {
    Fixture f = Fixture.of(LedgerModel.scalars());
    LedgerModel.check(1, f.session.predict(LedgerModel.request(1)));
    f.session.close();
    f.session.close();
    assertTrue(f.session.close(Duration.ZERO));
    f.checkNothingLeft();
  }

  @Test
  void anyCall_afterClose_failsAsClosed() {
    Fixture f = Fixture.of(LedgerModel.scalars());
    Session view = f.session.outputs("answer");
    f.session.close();
    Tensors request = LedgerModel.request(1);
    CallOptions second = CallOptions.timeout(Duration.ofSeconds(1));
    assertThrows(PredictorClosedException.class, () -> f.session.predict(request));
    assertThrows(PredictorClosedException.class, () -> f.session.predict(request, second));
    assertThrows(PredictorClosedException.class, () -> f.session.predictAll(List.of(request)));
    assertThrows(PredictorClosedException.class, () -> f.session.predictAll(List.of()));
    assertThrows(
        PredictorClosedException.class, () -> f.session.predictAll(List.of(request), second));
    assertThrows(
        PredictorClosedException.class, () -> f.session.runRaw(Tensors.of("id", Tensor.of(1L))));
    assertThrows(PredictorClosedException.class, () -> view.predict(request));
    assertInstanceOf(PredictorClosedException.class, Await.failure(f.session.submit(request)));
    CallFuture<Tensors, Tensors> call = new CallFuture<>(request, CallOptions.DEFAULT);
    f.session.run(new CallBatch<>(List.of(call)));
    assertInstanceOf(PredictorClosedException.class, Await.failure(call));
    f.checkNothingLeft();
    assertEquals(0, f.model().started());
  }

  @Test
  void closeWithin_runThatListens_isStoppedAndCallersReleased() {
    Fixture f = Fixture.of(LedgerModel.scalars());
    Gate gate = f.model().block();
    CompletableFuture<Tensors> running = f.session.submit(LedgerModel.request(1));
    gate.awaitEntered(1);
    CompletableFuture<Tensors> waiting = f.session.submit(LedgerModel.request(2));
    assertTrue(f.session.close(Duration.ZERO));
    assertInstanceOf(PredictorClosedException.class, Await.failure(running));
    assertInstanceOf(PredictorClosedException.class, Await.failure(waiting));
    assertEquals(1, f.model().started());
    f.checkNothingLeft();
  }

  @Test
  void closeWithin_hungRun_releasesCallersAndFreesWhenItEnds() {
    Fixture f = Fixture.of(LedgerModel.scalars());
    f.model().ignoreTerminations();
    Gate gate = f.model().block();
    CompletableFuture<Tensors> running = f.session.submit(LedgerModel.request(1));
    gate.awaitEntered(1);
    assertFalse(f.session.close(Duration.ZERO)); // takes the second of grace
    assertInstanceOf(PredictorClosedException.class, Await.failure(running));
    assertEquals(0, f.model().closes(), "freeing under a run crashes the JVM");
    assertEquals(1, f.model().openBindings());
    gate.open();
    f.close();
  }

  @Test
  void closeWithin_inlineCaller_isStopped() {
    Fixture f = Fixture.of(LedgerModel.scalars());
    Gate gate = f.model().block();
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    Thread caller = new Thread(() -> f.session.predict(LedgerModel.request(1)));
    caller.setUncaughtExceptionHandler((thread, e) -> failure.set(e));
    caller.start();
    gate.awaitEntered(1);
    assertTrue(f.session.close(Duration.ZERO));
    Await.end(caller);
    assertInstanceOf(PredictorClosedException.class, failure.get());
    f.checkNothingLeft();
  }

  /** I1, I2, I4: every call is answered rightly or refused, and the model goes last. */
  @RepeatedTest(20)
  void close_while8ThreadsCall_eachIsAnsweredRightlyOrRefused() throws Exception {
    SessionOptions options = SessionOptions.builder().parallelism(2).build();
    Fixture f = new Fixture(options, LedgerModel.scalars());
    int threads = 8;
    CyclicBarrier start = new CyclicBarrier(threads + 1);
    AtomicLong answered = new AtomicLong();
    AtomicReference<@Nullable Throwable> broken = new AtomicReference<>();
    List<Thread> callers = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      long base = t * 1_000_000L;
      callers.add(
          new Thread(
              () -> {
                try {
                  start.await();
                  for (long id = base; ; id++) {
                    Tensors request = LedgerModel.request(id);
                    Tensors answer =
                        id % 2 == 0
                            ? f.session.predict(request)
                            : BlockedCaller.await(f.session.submit(request));
                    LedgerModel.check(id, answer);
                    answered.incrementAndGet();
                  }
                } catch (PredictorClosedException e) {
                  // the end that was meant
                } catch (Throwable e) {
                  broken.compareAndSet(null, e);
                }
              }));
    }
    callers.forEach(Thread::start);
    start.await();
    Await.until("some answers", () -> answered.get() > 100);
    f.session.close();
    assertEquals(1, f.model().closes());
    callers.forEach(Await::end);
    assertEquals(null, broken.get());
    f.checkNothingLeft();
  }
}
