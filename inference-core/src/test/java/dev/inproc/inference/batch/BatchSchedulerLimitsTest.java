package dev.inproc.inference.batch;

import static dev.inproc.inference.batch.BatchFixture.assertAnswered;
import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
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
import dev.inproc.inference.testing.Gate;
import dev.inproc.inference.testing.LedgerEngine;
import dev.inproc.inference.testing.LedgerModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What may wait: the limits, waiting for room, whose place it is, and lists in parts. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BatchSchedulerLimitsTest {
  private static final CallOptions MINUTE = CallOptions.timeout(Duration.ofMinutes(1));

  /** For a caller that blocks, as a layer submits. */
  private static final CallOptions PATIENT =
      BlockedCaller.options(CallOptions.DEFAULT.withOverload(Overload.WAIT));

  private static final CallOptions LOW = CallOptions.DEFAULT.withPriority(Priority.LOW);
  private static final CallOptions HIGH = CallOptions.DEFAULT.withPriority(Priority.HIGH);
  private static final Executor THREADS = task -> new Thread(task).start();

  private static List<CompletableFuture<Long>> submit(
      BatchFixture f, long from, int count, CallOptions options) {
    return LongStream.range(from, from + count)
        .mapToObj(id -> f.batcher.submit(id, options))
        .toList();
  }

  private static List<Long> ids(int count) {
    return LongStream.range(0, count).boxed().toList();
  }

  private static List<Long> answers(int count) {
    return ids(count).stream().map(LedgerModel::f).toList();
  }

  // ---- lists ----

  @Test
  void list_longerThanTheQueue_isAnsweredByEveryMethod() {
    for (int maxQueued : new int[] {1, 2, 10}) {
      LedgerEngine engine = new LedgerEngine();
      Batching batching = Batching.upTo(4).withMaxQueued(maxQueued);
      try (BatchingPredictor<Long, Long> batcher = batching.decorate(engine)) {
        assertEquals(answers(20), batcher.predictAll(ids(20)));
        assertEquals(answers(20), batcher.predictAll(ids(20), MINUTE));
        assertEquals(answers(1_000), batcher.predictAll(ids(1_000), LOW));
        Await.until("all are counted", () -> batcher.metrics().answered() == 1_040);
      }
    }
  }

  @Test
  void list_inBytesLongerThanTheQueue_isAnswered() {
    Batching batching = Batching.upTo(4).withMaxQueuedBytes(64);
    try (BatchingPredictor<Long, Long> batcher = batching.decorate(new LedgerEngine())) {
      assertEquals(answers(20), batcher.predictAll(ids(20), MINUTE));
    }
  }

  @Test
  void longList_aSingleCallStandsBehindTwoBatchesOfIt() {
    LedgerEngine engine = new LedgerEngine();
    try (BatchingPredictor<Long, Long> batcher = Batching.upTo(4).decorate(engine)) {
      Gate gate = engine.block();
      CompletableFuture<List<Long>> list =
          CompletableFuture.supplyAsync(() -> batcher.predictAll(ids(400)), THREADS);
      gate.awaitEntered(1);
      Await.until("the window waits", () -> batcher.metrics().waiting() >= 4);
      CompletableFuture<Long> single = batcher.submit(1_000L);
      engine.unblock();
      gate.open();
      assertEquals(LedgerModel.f(1_000), Await.value(single));
      assertEquals(answers(400), Await.value(list));
      List<List<Long>> runs = engine.runs();
      int at = IntStream.range(0, runs.size()).filter(i -> runs.get(i).contains(1_000L)).sum();
      assertTrue(at <= 4, "in run " + at + " of " + runs.size());
    }
  }

  @Test
  void list_timeOver_countsAsAWhole() {
    LedgerEngine engine = new LedgerEngine();
    try (BatchingPredictor<Long, Long> batcher = Batching.upTo(4).decorate(engine)) {
      Gate gate = engine.block();
      CallOptions soon = CallOptions.timeout(Duration.ofMillis(30));
      assertThrows(DeadlineExceededException.class, () -> batcher.predictAll(ids(100), soon));
      Await.until("all are counted", () -> batcher.metrics().expired() == 100);
      assertEquals(100, batcher.metrics().submitted());
      engine.unblock();
      gate.open();
    }
  }

  @Test
  void list_withAnInvalidInput_countsAsAWholeByEveryMethod() {
    List<Long> ids = new ArrayList<>(ids(10));
    ids.set(3, -1L);
    List<Function<BatchingPredictor<Long, Long>, List<Long>>> methods =
        List.of(
            batcher -> batcher.predictAll(ids),
            batcher -> batcher.predictAll(ids, MINUTE),
            batcher -> batcher.predictAll(ids, PATIENT));
    for (int maxBatchSize : new int[] {4, 32}) {
      for (var method : methods) {
        try (BatchingPredictor<Long, Long> batcher =
            Batching.upTo(maxBatchSize).decorate(new LedgerEngine())) {
          assertThrows(InvalidInputException.class, () -> method.apply(batcher));
          assertEquals(10, batcher.metrics().submitted());
          assertEquals(10, batcher.metrics().failed());
        }
      }
    }
  }

  @Test
  void list_thatHasBegun_isAnsweredThoughTheBatcherCloses() {
    LedgerEngine engine = new LedgerEngine();
    BatchingPredictor<Long, Long> batcher = Batching.upTo(4).withMaxQueued(8).decorate(engine);
    Gate gate = engine.block();
    CompletableFuture<List<Long>> list =
        CompletableFuture.supplyAsync(() -> batcher.predictAll(ids(100), MINUTE), THREADS);
    gate.awaitEntered(1);
    CompletableFuture<Void> closed = CompletableFuture.runAsync(batcher::close, THREADS);
    Await.until("closed to new calls", () -> batcher.submit(9L).isCompletedExceptionally());
    engine.unblock();
    gate.open();
    assertEquals(answers(100), Await.value(list));
    Await.until("it has closed", closed::isDone);
    assertEquals(1, engine.closes());
    assertEquals(List.of(), engine.violations());
  }

  // ---- what can never fit ----

  @Test
  void requestLargerThanTheQueue_isAMisuse_byEveryMethod() {
    Batching batching = Batching.upTo(4).withMaxQueuedBytes(7);
    try (BatchingPredictor<Long, Long> batcher = batching.decorate(new LedgerEngine())) {
      List<Throwable> failures =
          List.of(
              assertThrows(IllegalArgumentException.class, () -> batcher.predict(1L)),
              assertThrows(IllegalArgumentException.class, () -> batcher.predict(1L, MINUTE)),
              assertThrows(IllegalArgumentException.class, () -> batcher.predict(1L, PATIENT)),
              assertThrows(IllegalArgumentException.class, () -> batcher.predictAll(ids(2))),
              assertThrows(
                  IllegalArgumentException.class, () -> batcher.predictAll(ids(9), MINUTE)),
              Await.failure(batcher.submit(1L)),
              Await.failure(batcher.submit(1L, MINUTE)));
      failures.forEach(
          failure -> {
            assertInstanceOf(IllegalArgumentException.class, failure);
            assertSays(failure, "8 bytes", "at most 7", "withMaxQueuedBytes");
          });
      assertThrows(InvalidInputException.class, () -> batcher.predict(-1L));
      assertEquals(17, batcher.metrics().submitted());
      assertEquals(17, batcher.metrics().failed());
    }
  }

  @Test
  void refusedForBytes_saysSo() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(2).withMaxQueuedBytes(3 * 64))) {
      OverloadedException refusal =
          assertInstanceOf(OverloadedException.class, Await.failure(f.submit(0, 4).get(3)));
      assertSays(refusal, "3 calls of 192 bytes", "192 bytes (maxQueuedBytes)");
      assertTrue(refusal.retryAfter().toMillis() >= 1, "before costs are known too");
      f.turn();
    }
  }

  @Test
  void hugeBatchSize_costsNoMemory_andIsCutToTheModels() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(Integer.MAX_VALUE))) {
      assertEquals(Integer.MAX_VALUE, f.batcher.maxBatchSize());
      List<CompletableFuture<Long>> futures = new ArrayList<>(f.submit(0, 5_000));
      futures.addAll(submit(f, 5_000, 4_000, MINUTE));
      f.turn();
      assertAnswered(0, futures);
      futures = submit(f, 0, 100, MINUTE);
      f.turn();
      assertAnswered(0, futures);
    }
    try (BatchFixture f = new BatchFixture(Batching.upTo(1_000), new LedgerEngine(256))) {
      assertEquals(256, f.batcher.maxBatchSize());
    }
  }

  @Test
  void retryAfter_beforeCostsAreKnown_isWorthWaitingFor() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(2).withMaxQueued(1))) {
      OverloadedException refusal =
          assertInstanceOf(OverloadedException.class, Await.failure(f.submit(0, 2).get(1)));
      assertEquals(Duration.ofMillis(100), refusal.retryAfter());
      assertSays(refusal, "1 calls", "capacity is 1 (maxQueued)");
      f.turn();
    }
  }

  @Test
  void figures_inMotion_moreOutcomesThanRequests_never() throws Exception {
    try (BatchingPredictor<Long, Long> batcher =
        Batching.upTo(8).withMaxQueued(100).decorate(new LedgerEngine())) {
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        CallOptions options = i == 0 ? CallOptions.timeout(Duration.ofNanos(20_000)) : LOW;
        threads.add(
            new Thread(
                () -> {
                  for (long id = 0; id < 20_000; id++) {
                    batcher.submit(id, options).cancel(id % 7 == 0);
                  }
                }));
      }
      threads.forEach(Thread::start);
      while (threads.stream().anyMatch(Thread::isAlive)) {
        BatchingMetrics m = batcher.metrics();
        long ended =
            m.answered() + m.failed() + m.expired() + m.cancelled() + m.overloaded() + m.closed();
        assertTrue(m.submitted() >= ended, m.toString());
        assertTrue(m.inline() <= m.answered(), m.toString());
      }
      for (Thread thread : threads) {
        thread.join();
      }
    }
  }

  // ---- memory ----

  /** Ten thousand models that are loaded and idle are 160 MiB beside their sessions at most. */
  @Test
  void idleModel_takesAtMost16KiB() {
    LedgerEngine engine = new LedgerEngine();
    int models = 1_000;
    List<Object> held = new ArrayList<>(models);
    held.add(Batching.upTo(32).decorate(engine)); // classes are loaded
    long before = usedHeap();
    for (int i = 0; i < models; i++) {
      BatchingPredictor<Long, Long> idle = Batching.upTo(32).decorate(engine);
      held.add(idle);
      if (i % 2 == 0) {
        idle.predict(1L); // a lone call is no load
      }
    }
    long each = (usedHeap() - before) / models;
    assertTrue(each <= 16 << 10, each + " bytes a model");
    assertTrue(each >= 1 << 10, each + " bytes a model: it was not measured");
    assertEquals(models + 1, held.size());
  }

  private static long usedHeap() {
    long used = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      System.gc();
      Runtime runtime = Runtime.getRuntime();
      used = Math.min(used, runtime.totalMemory() - runtime.freeMemory());
    }
    return used;
  }

  // ---- waiting for room ----

  @Test
  void submit_thatWouldWait_isAMisuse() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(2))) {
      CallOptions waits = CallOptions.DEFAULT.withOverload(Overload.WAIT);
      assertSays(
          assertThrows(IllegalArgumentException.class, () -> f.batcher.submit(1L, waits)),
          "predict",
          "Overload.FAIL",
          "retryAfter");
      assertEquals(LedgerModel.f(1), f.batcher.predict(1L, waits));
    }
  }

  @Test
  void waitingForRoom_isOutsideTheQueue_firstComeFirstServed() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(2).withMaxQueued(4))) {
      List<CompletableFuture<Long>> futures = submit(f, 0, 300, PATIENT);
      assertEquals(3, f.batcher.metrics().waiting(), "three quarters");
      List<Integer> waited = new ArrayList<>();
      f.engine.work(rows -> waited.add(f.batcher.metrics().waiting()));
      f.turn();
      assertAnswered(0, futures);
      assertEquals(ids(300), f.engine.runs().stream().flatMap(List::stream).toList());
      assertTrue(waited.stream().allMatch(each -> each <= 4), waited.toString());
      assertEquals(150, f.engine.started(), "in full batches");
    }
  }

  @Test
  void waitingForRoom_byPriority_noClassStarves() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(1).withMaxQueued(1))) {
      f.submit(0, 1);
      submit(f, 100, 50, PATIENT.withPriority(Priority.LOW));
      submit(f, 200, 50, PATIENT);
      submit(f, 300, 50, PATIENT.withPriority(Priority.HIGH));
      f.turn();
      List<Long> order = f.engine.runs().stream().map(run -> run.get(0) / 100).toList();
      List<Long> early = order.subList(1, 46);
      assertEquals(25.0, (double) early.stream().filter(each -> each == 3).count(), 3);
      assertEquals(15.0, (double) early.stream().filter(each -> each == 2).count(), 3);
      assertEquals(5.0, (double) early.stream().filter(each -> each == 1).count(), 3);
    }
  }

  @Test
  void waitingForRoom_besideCallsThatFillTheQueue_getsHalfOfIt() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(4).withMaxQueued(100))) {
      f.submit(0, 100);
      List<CompletableFuture<Long>> patient = submit(f, 1_000, 20, PATIENT);
      f.engine.work(rows -> f.submit(0, 8)); // as many as are let in
      while (f.engine.started() < 10 + 26) {
        assertEquals(0, f.turnOnce());
      }
      assertAnswered(1_000, patient);
      f.engine.work(rows -> {});
      f.turn();
    }
  }

  @Test
  void waitingForRoom_timeOver_leavesAndIsNeverRun() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(2).withMaxQueued(2))) {
      f.submit(0, 2);
      CallOptions soon = PATIENT.withTimeout(Duration.ofMillis(5));
      CompletableFuture<Long> timed = f.batcher.submit(5L, soon);
      CompletableFuture<Long> next = f.batcher.submit(6L, PATIENT);
      CompletableFuture<Long> cancelled = f.batcher.submit(7L, PATIENT);
      f.timer.advanceMillis(5);
      assertInstanceOf(DeadlineExceededException.class, Await.failure(timed));
      assertTrue(cancelled.cancel(false));
      f.turn();
      assertAnswered(6, List.of(next));
      assertEquals(List.of(List.of(0L, 1L), List.of(6L)), f.engine.runs());
      Await.until("it is counted", () -> f.batcher.metrics().expired() == 1);
    }
  }

  @Test
  void waitingForRoom_closing_isRefused() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(2).withMaxQueued(2))) {
      List<CompletableFuture<Long>> queued = f.submit(0, 2);
      CompletableFuture<Long> outside = f.batcher.submit(5L, PATIENT);
      f.batcher.close(0);
      assertInstanceOf(PredictorClosedException.class, Await.failure(outside));
      f.turn();
      assertAnswered(0, queued);
    }
  }

  @Test
  void waitingForRoom_largeOne_goesInWhenTheQueueIsEmpty() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(1).withMaxQueuedBytes(8))) {
      List<CompletableFuture<Long>> futures = submit(f, 0, 3, PATIENT);
      f.turn();
      assertAnswered(0, futures);
    }
  }

  // ---- whose place it is ----

  @Test
  void high_besideTwoThousandThatWaitForRoom_isLetIn() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(8).withMaxQueued(100))) {
      List<CompletableFuture<Long>> patient = submit(f, 10_000, 2_000, PATIENT);
      List<CompletableFuture<Long>> high = new ArrayList<>();
      for (long id = 0; patient.stream().anyMatch(each -> !each.isDone()); id++) {
        high.addAll(submit(f, id, 1, HIGH));
        assertEquals(0, f.turnOnce());
      }
      assertTrue(high.size() > 250);
      f.turn();
      assertAnswered(0, high);
    }
  }

  @Test
  void fullOfLow_higherTakeTheirPlace_theNewestFirst() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(8).withMaxQueued(4))) {
      List<CompletableFuture<Long>> low = submit(f, 0, 4, LOW);
      assertInstanceOf(OverloadedException.class, Await.failure(submit(f, 9, 1, LOW).get(0)));
      CompletableFuture<Long> high = f.batcher.submit(10L, HIGH);
      CompletableFuture<Long> normal = f.batcher.submit(11L);
      for (int i : new int[] {3, 2}) {
        OverloadedException refusal =
            assertInstanceOf(OverloadedException.class, Await.failure(low.get(i)));
        assertSays(refusal, "higher priority");
      }
      assertEquals(4, f.batcher.metrics().waiting());
      f.turn();
      assertAnswered(0, low.subList(0, 2));
      assertAnswered(10, List.of(high, normal));
    }
  }

  @Test
  void fullOfNormal_highTakesAPlace_normalAndLowDoNot() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(8).withMaxQueued(4))) {
      List<CompletableFuture<Long>> first = submit(f, 0, 2, MINUTE);
      List<CompletableFuture<Long>> normal = submit(f, 2, 2, CallOptions.DEFAULT);
      assertInstanceOf(OverloadedException.class, Await.failure(f.batcher.submit(9L)));
      assertInstanceOf(OverloadedException.class, Await.failure(f.batcher.submit(9L, LOW)));
      List<CompletableFuture<Long>> high = submit(f, 10, 4, HIGH);
      normal.forEach(e -> assertInstanceOf(OverloadedException.class, Await.failure(e)));
      first.forEach(e -> assertInstanceOf(OverloadedException.class, Await.failure(e)));
      assertInstanceOf(OverloadedException.class, Await.failure(f.batcher.submit(20L, HIGH)));
      f.turn();
      assertAnswered(10, high);
    }
  }

  @Test
  void fullInBytesOfLow_highTakesAsManyAsItNeeds() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(8).withMaxQueuedBytes(3 * 64))) {
      List<CompletableFuture<Long>> low = submit(f, 0, 3, LOW);
      CompletableFuture<Long> high = f.batcher.submit(10L, HIGH);
      assertInstanceOf(OverloadedException.class, Await.failure(low.get(2)));
      assertFalse(low.get(1).isDone());
      f.turn();
      assertAnswered(0, low.subList(0, 2));
      assertAnswered(10, List.of(high));
    }
  }

  /** Whoever waits for room is let in at some time: it is not refused for another's sake. */
  @Test
  void fullOfPatientLow_highIsRefused_theyAreNot() {
    try (BatchFixture f = new BatchFixture(Batching.upTo(8).withMaxQueued(1))) {
      CompletableFuture<Long> low = f.batcher.submit(0L, PATIENT.withPriority(Priority.LOW));
      assertInstanceOf(OverloadedException.class, Await.failure(f.batcher.submit(10L, HIGH)));
      f.turn();
      assertAnswered(0, List.of(low));
    }
  }
}
