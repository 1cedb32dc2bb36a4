package dev.inproc.inference.batch;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.BatchPredictor;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Gate;
import dev.inproc.inference.testing.LedgerEngine;
import dev.inproc.inference.testing.LedgerModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Blocking callers, workers, callbacks and closing, with real threads. */
class BatchSchedulerThreadsTest {
  private static final CallOptions MINUTE = CallOptions.timeout(Duration.ofMinutes(1));

  private final LedgerEngine engine = new LedgerEngine();
  private final BatchingPredictor<Long, Long> batcher = Batching.upTo(32).decorate(engine);

  @AfterEach
  void closed_nothingIsLeft() {
    engine.unblock();
    Thread closer = new Thread(batcher::close);
    closer.setDaemon(true);
    closer.start();
    Await.end(closer);
    assertEquals(List.of(), engine.violations());
    assertEquals(1, engine.closes());
    BatchingMetrics m = batcher.metrics();
    assertEquals(
        m.submitted(),
        m.answered() + m.failed() + m.expired() + m.cancelled() + m.overloaded() + m.closed(),
        m.toString());
  }

  private static CompletableFuture<Thread> start(Runnable call) {
    CompletableFuture<Thread> done = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                call.run();
                done.complete(Thread.currentThread());
              } catch (Throwable t) {
                done.completeExceptionally(t);
              }
            });
    thread.setDaemon(true);
    thread.start();
    return done;
  }

  /** Has the engine busy with one request until the gate opens. */
  private Gate occupy() {
    Gate gate = engine.block();
    var unused = batcher.submit(1_000_000L);
    gate.awaitEntered(1);
    return gate;
  }

  private void open(Gate gate) {
    engine.unblock();
    gate.open();
  }

  // ---- a lone caller ----

  @Test
  void loneCaller_runsOnItsOwnThread() {
    AtomicReference<Thread> runner = new AtomicReference<>();
    engine.work(rows -> runner.set(Thread.currentThread()));
    assertEquals(LedgerModel.f(7), batcher.predict(7L));
    assertSame(Thread.currentThread(), runner.get());
    assertEquals(1, engine.inline());
    assertEquals(0, engine.started());
    assertEquals(1, batcher.metrics().inline());
  }

  @Test
  void loneCaller_withADeadline_isReleasedOnTimeWhileTheRunGoesOn() {
    Gate gate = engine.block();
    assertThrows(
        DeadlineExceededException.class,
        () -> batcher.predict(1L, CallOptions.timeout(Duration.ofMillis(20))));
    Await.until("the run is stopped, since nobody waits", () -> engine.stopped() == 1);
    open(gate);
    assertEquals(LedgerModel.f(2), batcher.predict(2L, MINUTE));
  }

  @Test
  void leader_withABacklog_handsTheEngineToAWorker() {
    Gate gate = engine.block();
    CompletableFuture<Thread> leader = start(() -> batcher.predict(1L));
    gate.awaitEntered(1);
    List<CompletableFuture<Long>> strangers =
        LongStream.range(2, 6).mapToObj(batcher::submit).toList();
    AtomicReference<Thread> runner = new AtomicReference<>();
    engine.work(
        rows -> {
          if (rows == 4) {
            runner.set(Thread.currentThread());
          }
        });
    open(gate);
    Thread leading = Await.value(leader);
    for (int i = 0; i < 4; i++) {
      assertEquals(LedgerModel.f(i + 2), Await.value(strangers.get(i)));
    }
    assertEquals(List.of(List.of(2L, 3L, 4L, 5L)), engine.runs());
    assertFalse(leading == runner.get(), "no caller serves strangers");
  }

  @Test
  void leader_fails_freesTheEngine() {
    engine.failNext(new EngineException("mine", null));
    assertSays(assertThrows(EngineException.class, () -> batcher.predict(1L)), "mine");
    assertEquals(LedgerModel.f(2), batcher.predict(2L));
    assertEquals(LedgerModel.f(3), Await.value(batcher.submit(3L)));
  }

  // ---- blocked callers ----

  @Test
  void blockedCallers_manyInABatch_eachGetsItsOwn() {
    Gate gate = occupy();
    List<CompletableFuture<Thread>> callers = new ArrayList<>();
    List<Long> answers = new ArrayList<>(java.util.Collections.nCopies(64, 0L));
    for (int i = 0; i < 64; i++) {
      int id = i;
      callers.add(start(() -> answers.set(id, batcher.predict((long) id))));
    }
    Await.until("all wait", () -> batcher.metrics().waiting() == 64);
    open(gate);
    callers.forEach(Await::value);
    for (int i = 0; i < 64; i++) {
      assertEquals(LedgerModel.f(i), answers.get(i));
    }
  }

  @Test
  void blockedCallers_someGiveUp_theOthersAreStillWoken() {
    Gate gate = occupy();
    List<Thread> threads = new ArrayList<>();
    List<CompletableFuture<Long>> outcomes = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      long id = i;
      CompletableFuture<Long> outcome = new CompletableFuture<>();
      Thread thread =
          new Thread(
              () -> {
                try {
                  CallOptions own = id % 3 == 1 ? MINUTE : CallOptions.DEFAULT;
                  outcome.complete(batcher.predict(id, own));
                } catch (Throwable t) {
                  outcome.completeExceptionally(t);
                }
              });
      outcomes.add(outcome);
      threads.add(thread);
      thread.start();
    }
    Await.until("all wait", () -> batcher.metrics().waiting() == 60);
    IntStream.range(0, 60).filter(i -> i % 4 == 0).forEach(i -> threads.get(i).interrupt());
    open(gate);
    for (int i = 0; i < 60; i++) {
      Await.until("caller " + i, outcomes.get(i)::isDone);
      if (outcomes.get(i).isCompletedExceptionally()) {
        assertEquals(0, i % 4);
        CompletableFuture<Long> failed = outcomes.get(i);
        assertInstanceOf(
            InferenceInterruptedException.class,
            assertThrows(CompletionException.class, failed::join).getCause());
      } else {
        assertEquals(LedgerModel.f(i), outcomes.get(i).join());
      }
    }
  }

  @Test
  void interrupted_whileWaiting_isWithdrawnAndNeverRun() {
    Gate gate = occupy();
    AtomicReference<Boolean> status = new AtomicReference<>();
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread caller =
        new Thread(
            () -> {
              try {
                batcher.predict(5L);
              } catch (InferenceInterruptedException e) {
                thrown.set(e);
                status.set(Thread.currentThread().isInterrupted());
              }
            });
    caller.start();
    Await.until("it waits", () -> batcher.metrics().waiting() == 1);
    caller.interrupt();
    Await.end(caller);
    assertInstanceOf(InferenceInterruptedException.class, thrown.get());
    assertEquals(true, status.get());
    open(gate);
    assertEquals(LedgerModel.f(6), Await.value(batcher.submit(6L)));
    assertTrue(engine.runs().stream().noneMatch(ids -> ids.contains(5L)));
  }

  @Test
  void predictAll_oneFails_theListFailsAndStrangersDoNot() {
    Gate gate = occupy();
    engine.poison(12);
    CompletableFuture<Thread> list =
        start(() -> batcher.predictAll(LongStream.range(10, 20).boxed().toList()));
    Await.until("the list waits", () -> batcher.metrics().waiting() == 10);
    List<CompletableFuture<Thread>> strangers = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      long id = 30L + i;
      strangers.add(start(() -> assertEquals(LedgerModel.f(id), batcher.predict(id))));
    }
    Await.until("strangers wait", () -> batcher.metrics().waiting() == 30);
    open(gate);
    strangers.forEach(Await::value);
    Await.until("the list has ended", list::isDone);
    assertTrue(list.isCompletedExceptionally());
  }

  @Test
  void predictAll_timeout_endsTheWholeList() {
    Gate gate = occupy();
    CallOptions soon = CallOptions.timeout(Duration.ofMillis(30));
    List<Long> ids = LongStream.range(0, 100).boxed().toList();
    assertThrows(DeadlineExceededException.class, () -> batcher.predictAll(ids, soon));
    Await.until("all have left", () -> batcher.metrics().waiting() == 0);
    assertEquals(100, batcher.metrics().expired());
    open(gate);
  }

  // ---- a delay, and a deadline that comes meanwhile ----

  @Test
  void maxDelay_aDeadlineComesMeanwhile_endsInTimeForIt() {
    LedgerEngine delayed = new LedgerEngine();
    Batching window = Batching.upTo(8).withMaxDelay(Duration.ofMinutes(1));
    try (BatchingPredictor<Long, Long> patient = window.decorate(delayed)) {
      Gate gate = delayed.block();
      List<CompletableFuture<Long>> futures = new ArrayList<>();
      futures.add(patient.submit(0L));
      gate.awaitEntered(1);
      futures.add(patient.submit(1L));
      futures.add(patient.submit(2L));
      delayed.unblock();
      gate.open();
      assertEquals(LedgerModel.f(0), Await.value(futures.get(0)));
      Await.until("the worker sleeps", BatchSchedulerThreadsTest::isAWorkerDelaying);
      futures.add(patient.submit(3L, CallOptions.timeout(Duration.ofSeconds(3))));
      for (int id = 1; id <= 3; id++) {
        assertEquals(LedgerModel.f(id), Await.value(futures.get(id)));
      }
      assertEquals(List.of(List.of(0L), List.of(3L, 1L, 2L)), delayed.runs());
    }
  }

  private static boolean isAWorkerDelaying() {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(each -> each.getKey().getState() == Thread.State.TIMED_WAITING)
        .flatMap(each -> java.util.Arrays.stream(each.getValue()))
        .anyMatch(frame -> frame.getMethodName().equals("delay"));
  }

  // ---- a model that completes from several threads ----

  @Test
  void completedFromSeveralThreads_allBlockedCallersAreWoken() {
    BatchPredictor<Long, Long> model = new OnThreads(engine);
    BatchingPredictor<Long, Long> wide = Batching.upTo(48).decorate(model);
    Gate gate = engine.block();
    var unused = wide.submit(1_000L);
    gate.awaitEntered(1);
    List<CompletableFuture<Thread>> callers = new ArrayList<>();
    for (int i = 0; i < 48; i++) {
      long id = i;
      callers.add(start(() -> assertEquals(LedgerModel.f(id), wide.predict(id))));
    }
    Await.until("all wait", () -> wide.metrics().waiting() == 48);
    open(gate);
    callers.forEach(Await::value);
    Await.until("all are counted", () -> wide.metrics().answered() == 49);
    assertEquals(1, wide.metrics().batchSizes().count() - 1, "one batch of 48");
  }

  @Test
  void failedFromSeveralThreads_theBadOneIsFound() {
    engine.poison(7);
    BatchingPredictor<Long, Long> wide = Batching.upTo(48).decorate(new OnThreads(engine));
    Gate gate = engine.block();
    var unused = wide.submit(1_000L);
    gate.awaitEntered(1);
    List<CompletableFuture<Long>> futures = LongStream.range(0, 48).mapToObj(wide::submit).toList();
    open(gate);
    for (int i = 0; i < 48; i++) {
      if (i == 7) {
        assertSays(Await.failure(futures.get(i)), "poisoned");
      } else {
        assertEquals(LedgerModel.f(i), Await.value(futures.get(i)));
      }
    }
  }

  // ---- callers that must not hold up what they wait for ----

  @Test
  void callerOnThePool_modelUsesThePool_noDeadlock() throws Exception {
    ForkJoinPool pool = new ForkJoinPool(1);
    try {
      Gate gate = occupy();
      engine.work(
          rows -> {
            if (rows == 2) {
              assertEquals(rows, Await.value(CompletableFuture.supplyAsync(() -> rows, pool)));
            }
          });
      var caller = pool.submit(() -> batcher.predict(1L));
      Await.until("it waits", () -> batcher.metrics().waiting() == 1);
      CompletableFuture<Long> mate = batcher.submit(2L);
      open(gate);
      assertEquals(LedgerModel.f(2), Await.value(mate));
      assertEquals(LedgerModel.f(1), caller.get());
    } finally {
      pool.shutdown();
    }
  }

  @Test
  void closingOnThePool_modelUsesThePool_noDeadlock() throws Exception {
    LedgerEngine model = new LedgerEngine();
    BatchingPredictor<Long, Long> closing = Batching.upTo(4).decorate(model);
    ForkJoinPool pool = new ForkJoinPool(1);
    try {
      Gate gate = model.block();
      model.work(rows -> Await.value(CompletableFuture.runAsync(() -> {}, pool)));
      CompletableFuture<Long> call = closing.submit(1L);
      gate.awaitEntered(1);
      var closer = pool.submit(() -> closing.close());
      Await.until("closed", () -> closing.submit(2L).isCompletedExceptionally());
      model.unblock();
      gate.open();
      assertEquals(LedgerModel.f(1), Await.value(call));
      closer.get();
    } finally {
      pool.shutdown();
    }
  }

  /** Runs by a blocking caller on its own thread, as nobody else waits. */
  @Test
  void modelCallsItsOwnBatcher_fromALoneCallersRun_noDeadlock() {
    List<Supplier<Long>> calls =
        List.of(
            () -> batcher.predict(2L),
            () -> batcher.predict(2L, MINUTE),
            () -> batcher.predictAll(List.of(2L)).get(0),
            () -> batcher.predictAll(LongStream.range(2, 99).boxed().toList(), MINUTE).get(0),
            () -> batcher.submit(2L).join(),
            () -> batcher.submit(2L, MINUTE).join());
    for (Supplier<Long> call : calls) {
      AtomicReference<Long> inner = new AtomicReference<>();
      AtomicBoolean once = new AtomicBoolean();
      engine.work(
          rows -> {
            if (once.compareAndSet(false, true)) {
              inner.set(call.get());
            }
          });
      Await.value(start(() -> assertEquals(LedgerModel.f(1), batcher.predict(1L))));
      assertEquals(LedgerModel.f(2), inner.get());
      once.set(false);
      Await.value(
          start(() -> assertEquals(List.of(LedgerModel.f(1)), batcher.predictAll(List.of(1L)))));
      assertEquals(LedgerModel.f(2), inner.get());
    }
    engine.work(rows -> {});
    assertEquals(LedgerModel.f(5), Await.value(batcher.submit(5L)), "the slot is free again");
    assertEquals(LedgerModel.f(6), batcher.predict(6L));
  }

  /** The worker that runs the batch waits for the call: another takes its slot. */
  @Test
  void modelSubmitsToItsOwnBatcher_fromAWorkersRun_noDeadlock() {
    for (int round = 0; round < 20; round++) {
      AtomicReference<Long> inner = new AtomicReference<>();
      AtomicBoolean once = new AtomicBoolean();
      int nested = round;
      engine.work(
          rows -> {
            if (once.compareAndSet(false, true)) {
              List<CompletableFuture<Long>> calls = new ArrayList<>();
              for (long id = 2; id <= 3 + nested % 3; id++) {
                calls.add(batcher.submit(id));
              }
              calls.forEach(CompletableFuture::join);
              inner.set(calls.get(0).join());
            }
          });
      List<CompletableFuture<Long>> outer = new ArrayList<>();
      for (long id = 10; id < 20; id++) {
        outer.add(batcher.submit(id));
      }
      for (int i = 0; i < outer.size(); i++) {
        assertEquals(LedgerModel.f(10 + i), Await.value(outer.get(i)));
      }
      assertEquals(LedgerModel.f(2), inner.get());
    }
    engine.work(rows -> {});
    assertEquals(LedgerModel.f(5), Await.value(batcher.submit(5L)), "the slot is free again");
    assertEquals(LedgerModel.f(6), batcher.predict(6L));
  }

  // ---- futures that are overwritten ----

  @Test
  void obtruded_whileQueued_leavesAndClosingEnds() {
    Gate gate = occupy();
    CompletableFuture<Long> value = batcher.submit(1L);
    CompletableFuture<Long> failure = batcher.submit(2L);
    value.obtrudeValue(7L);
    failure.obtrudeException(new IllegalStateException("mine"));
    assertEquals(0, batcher.metrics().waiting());
    assertEquals(7L, value.join());
    assertSays(Await.failure(failure), "mine");
    assertEquals(2, batcher.metrics().cancelled(), "completed from outside is withdrawn");
    open(gate);
    CompletableFuture<Long> answered = batcher.submit(3L);
    assertEquals(LedgerModel.f(3), Await.value(answered));
    answered.obtrudeValue(8L);
    assertEquals(8L, answered.join());
  }

  // ---- where batching cannot pay ----

  @Test
  void cheapRuns_onceLearned_callersRunBesideEachOther() {
    for (int i = 0; i < 2_000; i++) {
      batcher.predict((long) i); // far less than a wake-up
    }
    Gate gate = engine.block();
    List<CompletableFuture<Thread>> callers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      long id = i;
      callers.add(start(() -> assertEquals(LedgerModel.f(id), batcher.predict(id))));
    }
    gate.awaitEntered(4);
    open(gate);
    callers.forEach(Await::value);
    assertEquals(4, engine.mostActive());
  }

  @Test
  void modelOfOneExampleARun_callersRunBesideEachOther() {
    LedgerEngine single = new LedgerEngine(1);
    try (BatchingPredictor<Long, Long> alone = Batching.upTo(32).decorate(single)) {
      Gate gate = single.block();
      List<CompletableFuture<Thread>> callers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        long id = i;
        callers.add(start(() -> assertEquals(LedgerModel.f(id), alone.predict(id))));
      }
      gate.awaitEntered(4);
      single.unblock();
      gate.open();
      callers.forEach(Await::value);
      assertEquals(4, single.mostActive());
    }
    assertEquals(List.of(), single.violations());
  }

  // ---- callbacks ----

  private <T> CompletableFuture<T> onWorker(Function<Long, T> callback) {
    Gate gate = engine.block();
    CompletableFuture<Long> call = batcher.submit(1L);
    gate.awaitEntered(1);
    CompletableFuture<T> result = call.thenApply(callback);
    open(gate);
    return result;
  }

  @Test
  void callback_predictsOfTheSamePredictor_doesNotDeadlock() {
    Long one = Await.value(onWorker(x -> batcher.predict(2L)));
    Long bounded = Await.value(onWorker(x -> batcher.predict(3L, MINUTE)));
    List<Long> many = Await.value(onWorker(x -> batcher.predictAll(List.of(4L))));
    assertEquals(LedgerModel.f(2), one);
    assertEquals(LedgerModel.f(3), bounded);
    assertEquals(List.of(LedgerModel.f(4)), many);
  }

  @Test
  void callback_onAnExecutor_delaysNoStranger() {
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try {
      CountDownLatch goOn = new CountDownLatch(1);
      Gate gate = occupy(); // else it may be answered before the callback is there
      CompletableFuture<Long> slow =
          batcher
              .submit(1L, CallOptions.DEFAULT.withExecutor(executor))
              .thenApply(
                  x -> {
                    Await.latch(goOn);
                    return batcher.predict(2L);
                  });
      open(gate);
      assertEquals(LedgerModel.f(3), Await.value(batcher.submit(3L)), "while the callback hangs");
      goOn.countDown();
      assertEquals(LedgerModel.f(2), Await.value(slow));
    } finally {
      executor.shutdown();
    }
  }

  /** Its run is in nobody's way but while it lasts; the executor's thread waits for it. */
  @Test
  void callback_onAnExecutor_predictsWhileStrangersCome_allAreAnswered() {
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try {
      Gate gate = occupy();
      CallOptions elsewhere = CallOptions.DEFAULT.withExecutor(executor);
      List<CompletableFuture<Long>> chained = new ArrayList<>();
      List<CompletableFuture<Long>> strangers = new ArrayList<>();
      for (long id = 0; id < 20; id++) {
        long next = 100 + id;
        chained.add(batcher.submit(id, elsewhere).thenApply(x -> batcher.predict(next)));
        strangers.add(batcher.submit(200 + id));
      }
      open(gate);
      for (int i = 0; i < 20; i++) {
        assertEquals(LedgerModel.f(200 + i), Await.value(strangers.get(i)));
        assertEquals(LedgerModel.f(100 + i), Await.value(chained.get(i)));
      }
      assertTrue(engine.runs().size() <= 2 + 20, "a stranger waits for no other's callback");
    } finally {
      executor.shutdown();
    }
  }

  @Test
  void callback_closes_doesNotDeadlock() {
    Boolean closed =
        Await.value(
            onWorker(
                x -> {
                  batcher.close();
                  return true;
                }));
    assertTrue(closed);
    Await.until("released by the last to leave", () -> engine.closes() == 1);
  }

  // ---- closing ----

  @Test
  void close_withTimeout_hangingRun_releasesItsCallersAndStopsIt() {
    Gate gate = engine.block();
    CompletableFuture<Long> running = batcher.submit(1L);
    gate.awaitEntered(1);
    CompletableFuture<Long> waiting = batcher.submit(2L);
    assertTrue(batcher.close(Duration.ofMillis(10)));
    for (CompletableFuture<Long> each : List.of(running, waiting)) {
      Await.until("released", each::isDone);
      assertInstanceOf(
          PredictorClosedException.class,
          assertThrows(CompletionException.class, each::join).getCause());
    }
    assertEquals(1, engine.stopped());
  }

  @Test
  void close_whileManyCall_everyCallEndsOnce() {
    List<CompletableFuture<Thread>> callers = new ArrayList<>();
    for (int t = 0; t < 8; t++) {
      callers.add(
          start(
              () -> {
                for (long id = 0; ; id++) {
                  try {
                    assertEquals(LedgerModel.f(id), batcher.predict(id));
                  } catch (PredictorClosedException e) {
                    return;
                  }
                }
              }));
    }
    Await.until("they call", () -> batcher.metrics().answered() > 1_000);
    batcher.close();
    callers.forEach(Await::value);
    assertEquals(1, engine.closes());
  }
}
