package dev.inproc.inference.bulk;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.Codec;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InferenceInterruptedException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.Device;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Gate;
import dev.inproc.inference.testing.LedgerEngine;
import dev.inproc.inference.testing.LedgerModel;
import dev.inproc.inference.testing.ScriptedModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BulkScoringTest {
  private static final BulkScoring FOUR = BulkScoring.inOrder().withParallelism(4);

  private static Iterator<Long> ids(long count) {
    return LongStream.range(0, count).iterator();
  }

  private static Session session(ScriptedModel... models) {
    return Session.of(
        "scripted",
        null,
        ScriptedModel.replicas(List.of(models)),
        SessionOptions.builder()
            .devices(
                Collections.nCopies(models.length, Device.cpu())
                    .toArray(new dev.inproc.inference.engine.Device[0]))
            .integrity(IntegrityOptions.skip())
            .build());
  }

  /** A model whose input is an id below zero for what cannot be encoded. */
  private static Predictor<Long, Long> coded(Session session) {
    return session.with(
        Codec.of(
            Long.class,
            id -> {
              if (id < 0) {
                throw new InvalidInputException("id", "0 or more", String.valueOf(id));
              }
              return LedgerModel.request(id);
            },
            answer -> answer.get("answer").getLong(0)));
  }

  @Test
  void inOrder_anyNumberOfRows_getsEachAnswerInItsPlace() {
    for (BulkScoring scoring : List.of(BulkScoring.inOrder(), FOUR, FOUR.withChunkSize(7))) {
      for (long rows : new long[] {0, 1, 15, 16, 17, 100, 20_000}) {
        try (LedgerEngine engine = new LedgerEngine()) {
          engine.recordNothing();
          List<Long> answers = new ArrayList<>();
          BulkProgress done =
              scoring.run(
                  engine,
                  ids(rows),
                  (index, row, answer) -> {
                    assertEquals((long) row, index);
                    answers.add(answer);
                  });
          assertEquals(LongStream.range(0, rows).map(LedgerModel::f).boxed().toList(), answers);
          assertEquals(rows, done.answered());
          assertEquals(0, done.bad());
        }
      }
    }
  }

  @Test
  void asTheyCome_aSlowChunk_doesNotHoldUpTheOthers() {
    ScriptedModel model = LedgerModel.scalars();
    Gate gate = model.block();
    try (Predictor<Long, Long> predictor = coded(session(model))) {
      Map<Long, Long> answers = Collections.synchronizedMap(new TreeMap<>());
      BulkScoring scoring = BulkScoring.asTheyCome().withParallelism(2).withChunkSize(10);
      CompletableFuture<BulkProgress> run =
          scoring.start(predictor, ids(1_000), (index, row, answer) -> answers.put(index, answer));
      gate.awaitEntered(1);
      model.unblock(); // one stays at the gate
      Await.until("others to pass it", () -> answers.size() >= 900 || gate.inside() == 2);
      gate.open();
      assertEquals(1_000, Await.value(run).answered());
      answers.forEach((index, answer) -> assertEquals(LedgerModel.f(index), answer));
    }
  }

  @Test
  void memory_isBoundedWhateverTheRows() {
    AtomicInteger held = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Iterator<Long> counted =
        LongStream.range(0, 10_000)
            .peek(id -> most.accumulateAndGet(held.incrementAndGet(), Math::max))
            .iterator();
    try (LedgerEngine engine = new LedgerEngine()) {
      FOUR.withChunkSize(10).run(engine, counted, (index, row, answer) -> held.decrementAndGet());
    }
    // An iterator of a stream reads one ahead.
    assertTrue(most.get() <= 2 * 4 * 10 + 1, "rows held: " + most);
  }

  @Test
  void devices_allAreUsed_withoutSayingSo() {
    ScriptedModel one = LedgerModel.scalars();
    ScriptedModel two = LedgerModel.scalars();
    try (Predictor<Long, Long> predictor = coded(session(one, two))) {
      Gate first = one.block();
      Gate second = two.block();
      CompletableFuture<BulkProgress> run =
          BulkScoring.inOrder().start(predictor, ids(1_000), (index, row, answer) -> {});
      first.awaitEntered(1);
      second.awaitEntered(1);
      first.open();
      second.open();
      assertEquals(1_000, Await.value(run).answered());
    }
  }

  @Test
  void batcher_chunksAreNoLargerThanItsBatches() {
    ScriptedModel batched = LedgerModel.scalars();
    try (Predictor<Long, Long> predictor =
        session(batched)
            .with(Batching.upTo(24))
            .with(
                Codec.of(
                    Long.class,
                    id -> LedgerModel.request(id),
                    answer -> answer.get("answer").getLong(0)))) {
      BulkScoring.inOrder().run(predictor, ids(1_000), (index, row, answer) -> {});
      assertTrue(
          batched.runs().stream().allMatch(run -> run.rows() <= 24), batched.runs().toString());
    }
  }

  // ---- bad rows ----

  @Test
  void badRow_byDefault_failsTheRunAfterTheRowsBeforeIt() {
    List<Long> rows = new ArrayList<>(LongStream.range(0, 500).boxed().toList());
    rows.set(333, -1L);
    for (BulkScoring scoring : List.of(BulkScoring.inOrder(), FOUR)) {
      try (Predictor<Long, Long> predictor = coded(session(LedgerModel.scalars()))) {
        AtomicInteger answered = new AtomicInteger();
        InvalidInputException failure =
            assertThrows(
                InvalidInputException.class,
                () ->
                    scoring.run(
                        predictor,
                        rows.iterator(),
                        (index, row, answer) -> answered.incrementAndGet()));
        assertEquals(333, failure.index());
        assertEquals(333, answered.get());
      }
    }
  }

  @Test
  void badRows_told_areLeftOutAndTheOthersAnswered() {
    List<Long> rows = new ArrayList<>(LongStream.range(0, 2_000).boxed().toList());
    for (int bad : new int[] {0, 1, 2, 17, 500, 501, 1_999}) {
      rows.set(bad, -1L - bad);
    }
    for (BulkScoring scoring : List.of(BulkScoring.inOrder(), FOUR)) {
      try (Predictor<Long, Long> predictor = coded(session(LedgerModel.scalars()))) {
        List<Long> bad = new ArrayList<>();
        List<Long> good = new ArrayList<>();
        BulkProgress done =
            scoring
                .<Long>withBadRows(
                    (index, row, failure) -> {
                      assertEquals(-1 - index, (long) row);
                      assertInstanceOf(InvalidInputException.class, failure);
                      bad.add(index);
                    })
                .run(
                    predictor,
                    rows.iterator(),
                    (index, row, answer) -> {
                      assertEquals(LedgerModel.f(row), answer);
                      good.add(index);
                    });
        assertEquals(List.of(0L, 1L, 2L, 17L, 500L, 501L, 1_999L), bad);
        assertEquals(1_993, done.answered());
        assertEquals(7, done.bad());
        assertEquals(good.stream().sorted().toList(), good);
      }
    }
  }

  @Test
  void poisonThatTheEngineDoesNotName_isFoundByHalves() {
    ScriptedModel model =
        LedgerModel.scalars(
            ids -> {
              if (LongStream.of(ids).anyMatch(id -> id == 777)) {
                throw new EngineException("poisoned", null);
              }
            });
    try (Predictor<Long, Long> predictor = coded(session(model))) {
      List<Long> bad = new ArrayList<>();
      BulkProgress done =
          BulkScoring.inOrder()
              .withBadRows((index, row, failure) -> bad.add(index))
              .run(
                  predictor,
                  ids(2_000),
                  (index, row, answer) -> assertEquals(LedgerModel.f(row), answer));
      assertEquals(List.of(777L), bad);
      assertEquals(1_999, done.answered());
    }
  }

  @Test
  void systemicFailure_endsTheRun() {
    ScriptedModel model = LedgerModel.scalars();
    try (Predictor<Long, Long> predictor = coded(session(model))) {
      model.failNext(EngineException.systemic("the device is gone", null));
      AtomicInteger told = new AtomicInteger();
      assertThrows(
          EngineException.class,
          () ->
              BulkScoring.inOrder()
                  .withBadRows((index, row, failure) -> told.incrementAndGet())
                  .run(predictor, ids(100), (index, row, answer) -> {}));
      assertEquals(0, told.get());
    }
  }

  @Test
  void closedPredictor_endsTheRun() {
    Predictor<Long, Long> predictor = coded(session(LedgerModel.scalars()));
    predictor.close();
    for (BulkScoring scoring : List.of(BulkScoring.inOrder(), FOUR)) {
      assertThrows(
          PredictorClosedException.class,
          () -> scoring.run(predictor, ids(100), (index, row, answer) -> {}));
    }
  }

  // ---- user code ----

  @Test
  void sinkAndListener_thatThrow_endTheRun() {
    RuntimeException broken = new RuntimeException("broken");
    try (LedgerEngine engine = new LedgerEngine()) {
      for (BulkScoring scoring : List.of(BulkScoring.inOrder(), FOUR)) {
        assertSame(
            broken,
            assertThrows(
                RuntimeException.class,
                () ->
                    scoring.run(
                        engine,
                        ids(100),
                        (index, row, answer) -> {
                          throw broken;
                        })));
        assertSame(
            broken,
            assertThrows(
                RuntimeException.class,
                () ->
                    scoring
                        .withProgress(
                            Duration.ZERO,
                            progress -> {
                              throw broken;
                            })
                        .run(engine, ids(100), (index, row, answer) -> {})));
      }
    }
  }

  /** An iterator that gives ids and, at one place, something else. */
  private static Iterator<Long> unreadableAt(long place, Supplier<Long> instead) {
    return new Iterator<>() {
      private long at;

      @Override
      public boolean hasNext() {
        return at < 10_000;
      }

      @Override
      public Long next() {
        return at == place ? instead.get() : (Long) at++;
      }
    };
  }

  private static List<Long> deliveredBefore(
      BulkScoring scoring, Iterator<Long> rows, Class<? extends Exception> type, String... says) {
    List<Long> delivered = new ArrayList<>();
    try (LedgerEngine engine = new LedgerEngine()) {
      Exception told =
          assertThrows(
              type,
              () ->
                  scoring.run(
                      engine,
                      rows,
                      (index, row, answer) -> {
                        assertEquals(index, row);
                        assertEquals(LedgerModel.f(index), answer);
                        delivered.add(index);
                      }));
      assertSays(told, says);
    }
    return delivered.stream().sorted().toList();
  }

  /** By every way, at the edge of a chunk and inside it, as the first row too. */
  @Test
  void rowThatCannotBeRead_endsTheRunOnceTheRowsBeforeAreDelivered() {
    RuntimeException broken = new UncheckedIOException(new IOException("disk gone"));
    for (BulkScoring scoring :
        List.of(
            BulkScoring.inOrder(),
            BulkScoring.inOrder().withChunkSize(1),
            BulkScoring.asTheyCome().withParallelism(3),
            FOUR)) {
      for (long place : new long[] {0, 1, 16, 50, 777}) {
        List<Long> before = LongStream.range(0, place).boxed().toList();
        String named = "Row " + place + ", counted from 0,";
        assertEquals(
            before,
            deliveredBefore(
                scoring,
                unreadableAt(place, () -> null),
                NullPointerException.class,
                named,
                "null"));
        assertEquals(
            before,
            deliveredBefore(
                scoring,
                unreadableAt(
                    place,
                    () -> {
                      throw broken;
                    }),
                IllegalStateException.class,
                named,
                "disk gone"));
      }
    }
  }

  @Test
  void iteratorWhoseHasNextThrows_endsTheRunOnceTheRowsBeforeAreDelivered() {
    for (BulkScoring scoring : List.of(BulkScoring.inOrder().withChunkSize(10), FOUR)) {
      Iterator<Long> rows =
          LongStream.range(0, 100)
              .peek(
                  id -> { // an iterator of a stream reads one ahead, in hasNext
                    if (id == 57) {
                      throw new ArithmeticException("no 57");
                    }
                  })
              .iterator();
      assertEquals(
          LongStream.range(0, 57).boxed().toList(),
          deliveredBefore(scoring, rows, IllegalStateException.class, "Row 57,", "no 57"));
    }
  }

  @Test
  void callbacks_areCalledByTheCallersThreadAlone() {
    Thread caller = Thread.currentThread();
    List<BulkProgress> told = new ArrayList<>();
    try (LedgerEngine engine = new LedgerEngine()) {
      FOUR.withProgress(
              Duration.ZERO,
              progress -> {
                assertSame(caller, Thread.currentThread());
                told.add(progress);
              })
          .run(
              engine,
              LongStream.range(0, 1_000)
                  .peek(id -> assertSame(caller, Thread.currentThread()))
                  .boxed(),
              (index, row, answer) -> assertSame(caller, Thread.currentThread()));
    }
    assertEquals(1_000, told.get(told.size() - 1).answered());
    for (int i = 1; i < told.size(); i++) {
      assertTrue(told.get(i).answered() >= told.get(i - 1).answered());
    }
  }

  @Test
  void stream_isClosed() {
    AtomicBoolean closed = new AtomicBoolean();
    try (LedgerEngine engine = new LedgerEngine()) {
      BulkScoring.inOrder()
          .run(
              engine,
              LongStream.range(0, 10).boxed().onClose(() -> closed.set(true)),
              (index, row, answer) -> {});
    }
    assertTrue(closed.get());
  }

  // ---- stopping ----

  @Test
  void interrupt_endsTheRun_andKeepsTheStatus() {
    for (BulkScoring scoring : List.of(BulkScoring.inOrder(), FOUR)) {
      try (LedgerEngine engine = new LedgerEngine()) {
        AtomicInteger answered = new AtomicInteger();
        assertThrows(
            InferenceInterruptedException.class,
            () ->
                scoring
                    .withChunkSize(10)
                    .run(
                        engine,
                        ids(1_000_000_000),
                        (index, row, answer) -> {
                          if (answered.incrementAndGet() == 55) {
                            Thread.currentThread().interrupt();
                          }
                        }));
        assertTrue(Thread.interrupted());
        assertTrue(answered.get() < 1_000, answered.toString());
      }
    }
  }

  @Test
  void start_cancelled_endsTheRun() {
    for (BulkScoring scoring : List.of(BulkScoring.inOrder(), FOUR)) {
      try (LedgerEngine engine = new LedgerEngine()) {
        engine.recordNothing();
        AtomicInteger taken = new AtomicInteger();
        CompletableFuture<BulkProgress> run =
            scoring.start(
                engine,
                LongStream.range(0, Long.MAX_VALUE).peek(id -> taken.incrementAndGet()).iterator(),
                (index, row, answer) -> {});
        Await.until("it goes on", () -> taken.get() > 1_000);
        assertTrue(run.cancel(true));
        assertThrows(CancellationException.class, run::join);
        int[] before = {0};
        Await.until(
            "it to end",
            () -> {
              int now = taken.get();
              boolean same = now == before[0];
              before[0] = now;
              return same;
            });
        assertFalse(run.complete(null));
      }
    }
  }
}
