package dev.inproc.inference.batch;

import static dev.inproc.inference.batch.BatchFixture.assertAnswered;
import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.BlockedCaller;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.Overload;
import dev.inproc.inference.CallOptions.Priority;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.LedgerEngine;
import dev.inproc.inference.testing.LedgerModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Gathering, order, limits and withdrawing, with the loop turned by hand. */
class BatchSchedulerTest {
  private static CallOptions millis(long timeout) {
    return CallOptions.timeout(Duration.ofMillis(timeout));
  }

  // ---- gathering ----

  @Test
  void submitted_whileTheEngineIsBusy_runTogetherInOrder() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(32))) {
      List<CompletableFuture<Long>> futures = f.submit(0, 5);
      assertEquals(1, f.started(), "one wake-up, by the first");
      assertEquals(0, f.engine.started(), "never on the caller's thread");
      f.turn();
      assertEquals(List.of(List.of(0L, 1L, 2L, 3L, 4L)), f.engine.runs());
      assertAnswered(0, futures);
    }
  }

  @Test
  void moreThanABatch_runInBatchesOfTheLimit() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(4))) {
      List<CompletableFuture<Long>> futures = f.submit(0, 10);
      f.turn();
      assertEquals(List.of(4, 4, 2), f.runSizes());
      assertAnswered(0, futures);
      BatchingMetrics m = f.batcher.metrics();
      assertEquals(2, m.reasons().get(DispatchReason.FULL));
      assertEquals(1, m.reasons().get(DispatchReason.IDLE_ENGINE));
      assertEquals(10, m.answered());
      assertEquals(3, m.runs());
      assertEquals(4, m.batchSizes().max());
    }
  }

  @Test
  void modelWithASmallerLimit_bindsTheBatch() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(32), new LedgerEngine(3))) {
      f.submit(0, 7);
      f.turn();
      assertEquals(List.of(3, 3, 1), f.runSizes());
    }
  }

  @Test
  void afterIdling_theNextCallWakesAgain() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(8))) {
      f.submit(0, 1);
      f.turn();
      assertEquals(0, f.started());
      assertAnswered(7, f.submit(7, 0));
      List<CompletableFuture<Long>> later = f.submit(1, 2);
      assertEquals(1, f.started());
      f.turn();
      assertAnswered(1, later);
    }
  }

  @Test
  void parallelism_twoEngines_eachTakesWhatIsThere() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(4).withParallelism(2))) {
      List<CompletableFuture<Long>> futures = f.submit(0, 8);
      assertEquals(2, f.started());
      f.turn();
      assertEquals(List.of(4, 4), f.runSizes());
      assertAnswered(0, futures);
    }
  }

  @Test
  void priority_high_goesFirst() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(2))) {
      var unused1 = f.batcher.submit(1L, CallOptions.DEFAULT.withPriority(Priority.LOW));
      var unused2 = f.batcher.submit(2L);
      var unused3 = f.batcher.submit(3L, CallOptions.DEFAULT.withPriority(Priority.HIGH));
      f.turn();
      assertEquals(List.of(List.of(3L, 2L), List.of(1L)), f.engine.runs());
    }
  }

  // ---- maxDelay, to the microsecond ----

  @Test
  void maxDelay_othersExpected_waitsFromTheOldestArrival() {
    Batching window = Batching.upTo(8).withMaxDelay(Duration.ofNanos(500 * BatchFixture.MICRO));
    try (BatchFixture f = new BatchFixture(window)) {
      f.submit(0, 2);
      f.timer.advance(100 * BatchFixture.MICRO);
      f.submit(2, 1);
      assertEquals(400 * BatchFixture.MICRO, f.turnOnce());
      f.timer.advance(399 * BatchFixture.MICRO);
      assertEquals(BatchFixture.MICRO, f.turnOnce());
      f.timer.advance(BatchFixture.MICRO);
      assertEquals(0, f.turnOnce());
      assertEquals(List.of(3), f.runSizes());
      assertEquals(1, f.batcher.metrics().reasons().get(DispatchReason.DELAY_PASSED));
    }
  }

  @Test
  void maxDelay_batchFull_runsAtOnce() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(2).withMaxDelay(Duration.ofHours(1)))) {
      f.submit(0, 2);
      assertEquals(0, f.turnOnce());
      assertEquals(List.of(2), f.runSizes());
    }
  }

  @Test
  void maxDelay_loneRequest_neverWaits() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(8).withMaxDelay(Duration.ofHours(1)))) {
      for (int i = 0; i < 5; i++) {
        List<CompletableFuture<Long>> future = f.submit(i, 1);
        assertEquals(0, f.turnOnce());
        assertAnswered(i, future);
        f.turn();
      }
    }
  }

  @Test
  void maxDelay_closing_runsAtOnce() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(8).withMaxDelay(Duration.ofHours(1)))) {
      List<CompletableFuture<Long>> futures = f.submit(0, 3);
      assertTrue(f.turnOnce() > 0);
      Thread closer = new Thread(f.batcher::close);
      closer.start();
      Await.until("closed to new calls", () -> f.batcher.submit(9L).isCompletedExceptionally());
      f.turn();
      Await.end(closer);
      assertAnswered(0, futures);
    }
  }

  // ---- deadlines, cancelling ----

  @Test
  void deadline_passesWhileTheEngineIsBusy_isEnforcedThen() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(1))) {
      f.submit(0, 1);
      CompletableFuture<Long> second = f.batcher.submit(1L, millis(5));
      List<Boolean> late = new ArrayList<>();
      f.engine.work(
          rows -> {
            f.timer.advance(5_000 * BatchFixture.MICRO - 1);
            late.add(second.isDone());
            f.timer.advance(1);
            Await.until("released in time, the run going on", second::isDone);
          });
      f.turn();
      assertEquals(List.of(false), late);
      assertInstanceOf(DeadlineExceededException.class, Await.failure(second));
      assertEquals(List.of(List.of(0L)), f.engine.runs(), "what expired is not run");
      Await.until("it is counted, after it ended", () -> f.batcher.metrics().expired() == 1);
    }
  }

  @Test
  void deadline_passedAtTheDoor_isRefusedAtOnce() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(8))) {
      assertInstanceOf(
          DeadlineExceededException.class, Await.failure(f.batcher.submit(1L, millis(0))));
      assertThrows(DeadlineExceededException.class, () -> f.batcher.predict(1L, millis(-1)));
      assertEquals(0, f.started());
      assertEquals(2, f.batcher.metrics().expired());
    }
  }

  @Test
  void predictedLate_atTheDoor_isRefusedUnlessItIsPatient() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(1))) {
      f.engine.work(rows -> f.timer.advanceMillis(10));
      for (int i = 0; i < 20; i++) {
        f.submit(i, 1);
        f.turn();
      }
      f.submit(100, 1);
      List<CompletableFuture<Long>> during = new ArrayList<>();
      f.engine.work(
          rows -> {
            if (during.isEmpty()) {
              during.add(f.batcher.submit(101L, millis(15)));
              during.add(
                  f.batcher.submit(
                      102L, BlockedCaller.options(millis(15).withOverload(Overload.WAIT))));
              during.add(f.batcher.submit(103L, millis(50)));
            }
            f.timer.advanceMillis(10);
          });
      f.turn();
      assertInstanceOf(OverloadedException.class, Await.failure(during.get(0)));
      assertFalse(Await.failure(during.get(1)) instanceof OverloadedException);
      assertAnswered(103, during.subList(2, 3));
    }
  }

  @Test
  void cancelled_beforeItsTurn_isNeverRun() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(8))) {
      List<CompletableFuture<Long>> futures = f.submit(0, 4);
      assertTrue(futures.get(1).cancel(true));
      assertTrue(futures.get(2).complete(-7L), "completed from outside counts as withdrawn");
      assertEquals(2, f.batcher.metrics().waiting());
      f.turn();
      assertEquals(List.of(List.of(0L, 3L)), f.engine.runs());
      assertEquals(2, f.batcher.metrics().cancelled());
    }
  }

  @Test
  void allCancelled_nothingIsRunAndTheEngineIdles() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(8))) {
      f.submit(0, 3).forEach(future -> future.cancel(false));
      f.turn();
      assertEquals(0, f.engine.started());
      List<CompletableFuture<Long>> next = f.submit(3, 1);
      f.turn();
      assertAnswered(3, next);
    }
  }

  @Test
  void hangingEngine_callersComeAndGiveUp_memoryIsFreed() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(1).withMaxQueued(100))) {
      f.submit(0, 1); // called for, and never turned
      for (int i = 0; i < 100_000; i++) {
        assertTrue(f.batcher.submit(1L).cancel(false), "none is refused: those before have left");
      }
      assertEquals(1, f.batcher.metrics().waiting());
      assertTrue(f.batcher.pending().held() < 1_000, "held: " + f.batcher.pending().held());
    }
  }

  // ---- limits ----

  @Test
  void overload_atTheLimit_isRefusedWithDepthAndHint() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(2).withMaxQueued(4))) {
      f.engine.work(rows -> f.timer.advanceMillis(10));
      for (int i = 0; i < 8; i++) {
        f.submit(i, 2);
        f.turn();
      }
      List<CompletableFuture<Long>> futures = f.submit(20, 5);
      OverloadedException e =
          assertInstanceOf(OverloadedException.class, Await.failure(futures.get(4)));
      assertEquals(4, e.capacity());
      assertEquals(4, e.waiting());
      assertEquals(20.0, e.retryAfter().toNanos() / 1e6, 2.0, "two runs of 10 ms");
      CompletableFuture<Long> patient =
          f.batcher.submit(
              30L, BlockedCaller.options(CallOptions.DEFAULT.withOverload(Overload.WAIT)));
      f.turn();
      assertAnswered(20, futures.subList(0, 4));
      assertAnswered(30, List.of(patient));
      assertAnswered(40, f.submit(40, 0));
    }
  }

  @Test
  void overload_inBytes_isRefused() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(2).withMaxQueuedBytes(3 * 64))) {
      List<CompletableFuture<Long>> futures = f.submit(0, 4); // 8 bytes each count as 64
      assertInstanceOf(OverloadedException.class, Await.failure(futures.get(3)));
      assertEquals(3 * 64, f.batcher.metrics().waitingBytes());
      f.turn();
      assertAnswered(0, futures.subList(0, 3));
    }
  }

  @Test
  void invalidInput_isRefusedBeforeItIsQueued() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(2))) {
      assertInstanceOf(InvalidInputException.class, Await.failure(f.batcher.submit(-1L)));
      assertThrows(InvalidInputException.class, () -> f.batcher.predict(-1L));
      InvalidInputException e =
          assertThrows(
              InvalidInputException.class,
              () -> f.batcher.predictAll(List.of(1L, 2L, -3L), millis(1_000)));
      assertSays(e, "Example 2", "\"id\"", "-3");
      assertEquals(0, f.engine.started());
      f.turn();
      assertEquals(0, f.engine.started());
    }
  }

  // ---- options ----

  @Test
  void optionsOutOfRange_areRefused() {
    assertThrows(IllegalArgumentException.class, () -> Batching.upTo(0));
    Batching some = Batching.upTo(1);
    assertThrows(IllegalArgumentException.class, () -> some.withMaxQueued(0));
    assertThrows(IllegalArgumentException.class, () -> some.withMaxQueued(1 << 23));
    assertThrows(IllegalArgumentException.class, () -> some.withMaxQueuedBytes(0));
    assertThrows(IllegalArgumentException.class, () -> some.withMaxDelay(Duration.ofNanos(-1)));
    assertThrows(IllegalArgumentException.class, () -> some.withParallelism(65));
  }

  @Test
  void toString_showsTheNesting() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(2))) {
      assertEquals("batched(ledger)", f.batcher.toString());
    }
  }

  // ---- lists ----

  @Test
  void predictAll_onAFreeEngine_runsOnItsCaller() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(4))) {
      List<Long> ids = List.of(3L, 1L, 2L);
      assertEquals(ids.stream().map(LedgerModel::f).toList(), f.batcher.predictAll(ids));
      assertEquals(1, f.engine.inline());
      assertEquals(List.of(), f.batcher.predictAll(List.of()));
    }
  }

  @Test
  void predictAll_longerThanABatch_isSplitAndInOrder() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(4))) {
      List<Long> ids = LongStream.range(0, 10).boxed().toList();
      CompletableFuture<List<Long>> answers =
          CompletableFuture.supplyAsync(() -> f.batcher.predictAll(ids));
      Await.until("two batches wait", () -> f.batcher.metrics().waiting() == 8);
      Await.until(
          "answered",
          () -> {
            f.turn();
            return answers.isDone();
          });
      assertEquals(ids.stream().map(LedgerModel::f).toList(), Await.value(answers));
      assertEquals(List.of(4, 4), f.runSizes().subList(0, 2));
    }
  }

  @Test
  void predictAll_noRoomForTheFirst_noneIsLetIn() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(4).withMaxQueued(6))) {
      f.submit(0, 6);
      List<Long> five = LongStream.range(10, 15).boxed().toList();
      assertThrows(OverloadedException.class, () -> f.batcher.predictAll(five));
      assertEquals(6, f.batcher.metrics().waiting());
      f.turn();
      assertEquals(List.of(4, 2), f.runSizes());
      assertEquals(5, f.batcher.metrics().overloaded());
    }
  }

  // ---- closing ----

  @Test
  void close_waiting_areAnsweredFirst() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(4))) {
      List<CompletableFuture<Long>> futures = f.submit(0, 6);
      Thread closer = new Thread(f.batcher::close);
      closer.start();
      Await.until("closed to new calls", () -> f.batcher.submit(9L).isCompletedExceptionally());
      assertEquals(0, f.engine.closes());
      f.turn();
      Await.end(closer);
      assertAnswered(0, futures);
      assertEquals(1, f.engine.closes());
      assertThrows(PredictorClosedException.class, () -> f.batcher.predict(1L));
      assertThrows(PredictorClosedException.class, () -> f.batcher.predictAll(List.of(1L)));
      assertThrows(PredictorClosedException.class, () -> f.batcher.predictAll(List.of()));
      assertInstanceOf(PredictorClosedException.class, Await.failure(f.batcher.submit(1L)));
      f.batcher.close();
      assertSame(1, f.engine.closes());
    }
  }

  @Test
  void close_timeOver_refusesThoseThatWait() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(4))) {
      List<CompletableFuture<Long>> futures = f.submit(0, 6);
      assertFalse(f.batcher.close(Duration.ZERO), "the slot is with a loop that never came");
      for (CompletableFuture<Long> future : futures) {
        Await.until("refused", future::isDone);
        assertInstanceOf(PredictorClosedException.class, Await.failure(future));
      }
      f.turn();
      assertEquals(0, f.engine.started());
      assertTrue(f.batcher.close(Duration.ZERO));
    }
  }
}
