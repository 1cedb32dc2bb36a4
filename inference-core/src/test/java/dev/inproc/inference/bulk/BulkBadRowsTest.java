package dev.inproc.inference.bulk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Codec;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.LedgerModel;
import dev.inproc.inference.testing.Messages;
import dev.inproc.inference.testing.ScriptedModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every bad row is found, and no answer is at another row's place. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BulkBadRowsTest {
  private static final int ROWS = 300;
  private static final List<BulkScoring> WAYS =
      List.of(
          BulkScoring.inOrder(),
          BulkScoring.inOrder().withChunkSize(10),
          BulkScoring.inOrder().withParallelism(4));

  private static boolean seventh(long id) {
    return id % 7 == 3;
  }

  private static Session session(ScriptedModel model) {
    return Session.of(
        "scripted",
        null,
        List.of(model.replica()),
        SessionOptions.builder().integrity(IntegrityOptions.skip()).build());
  }

  private static Codec<Long, Long> codec(Consumer<Long> onEncode, Consumer<Long> onDecode) {
    return Codec.of(
        Long.class,
        id -> {
          onEncode.accept(id);
          return LedgerModel.request(id);
        },
        answer -> {
          onDecode.accept(answer.get("answer").getLong(0));
          return answer.get("answer").getLong(0);
        });
  }

  private static void assertFinds(
      LongPredicate isBad, Class<? extends Throwable> type, Predictor<Long, Long> predictor) {
    for (BulkScoring way : WAYS) {
      List<Long> bad = new ArrayList<>();
      BulkProgress done =
          way.withBadRows(
                  (index, row, failure) -> {
                    assertInstanceOf(type, failure);
                    bad.add(index);
                  })
              .run(
                  predictor,
                  LongStream.range(0, ROWS).iterator(),
                  (index, row, answer) -> assertEquals(LedgerModel.f(index), answer));
      assertEquals(LongStream.range(0, ROWS).filter(isBad).boxed().toList(), bad);
      assertEquals(ROWS - bad.size(), done.answered());
    }
    predictor.close();
  }

  /** The index is that of a list which a decoder has made a call with. */
  @Test
  void decoderWhoseFailureNamesAnotherListsRow_movesNoAnswer() {
    for (int index : new int[] {0, 9, 15, 100}) {
      Predictor<Long, Long> predictor =
          session(LedgerModel.scalars())
              .with(
                  codec(
                      id -> {},
                      answer -> {
                        if (answer == LedgerModel.f(5) || answer == LedgerModel.f(16)) {
                          throw new InvalidInputException("part", "x", "y").atIndex(index);
                        }
                      }));
      assertFinds(id -> id == 5 || id == 16, InvalidInputException.class, predictor);
    }
  }

  @Test
  void codecThatThrowsItsOwn_itsRowIsBad() {
    assertFinds(
        BulkBadRowsTest::seventh,
        NumberFormatException.class,
        session(LedgerModel.scalars())
            .with(
                codec(
                    id -> {
                      if (seventh(id)) {
                        throw new NumberFormatException("row " + id);
                      }
                    },
                    answer -> {})));
    assertFinds(
        id -> id == 25,
        ArithmeticException.class,
        session(LedgerModel.scalars())
            .with(
                codec(
                    id -> {},
                    answer -> {
                      if (answer == LedgerModel.f(25)) {
                        throw new ArithmeticException("row 25");
                      }
                    })));
  }

  @Test
  void poisonBehindABatcher_isFoundHoweverMuch() {
    ScriptedModel model =
        LedgerModel.scalars(
            ids -> {
              if (Arrays.stream(ids).anyMatch(BulkBadRowsTest::seventh)) {
                throw new EngineException("poisoned", null);
              }
            });
    assertFinds(
        BulkBadRowsTest::seventh,
        EngineException.class,
        session(model).with(Batching.upTo(32)).with(codec(id -> {}, answer -> {})));
  }

  @Test
  @SuppressWarnings("try") // the sink closes it: that is the test
  void sinkThatCallsThePredictor_andClosesIt() {
    for (BulkScoring way : WAYS) {
      try (Predictor<Long, Long> predictor =
          session(LedgerModel.scalars())
              .with(Batching.upTo(16))
              .with(codec(id -> {}, answer -> {}))) {
        CompletableFuture<BulkProgress> run =
            way.withChunkSize(10)
                .start(
                    predictor,
                    LongStream.range(0, Long.MAX_VALUE).iterator(),
                    (index, row, answer) -> {
                      assertEquals(LedgerModel.f(row + 1), predictor.predict(row + 1));
                      if (index == 55) {
                        predictor.close();
                      }
                    });
        Throwable failure = Await.failure(run);
        assertInstanceOf(PredictorClosedException.class, failure);
      }
    }
  }

  @Test
  void predictorThatAnswersTooFew_failsTheRun() {
    Predictor<Long, Long> few =
        new Predictor<>() {
          @Override
          public CompletableFuture<Long> submit(Long id, CallOptions options) {
            throw new UnsupportedOperationException();
          }

          @Override
          public Long predict(Long id, CallOptions options) {
            throw new UnsupportedOperationException();
          }

          @Override
          public List<Long> predictAll(List<Long> ids, CallOptions options) {
            return List.copyOf(ids.subList(1, ids.size()));
          }

          @Override
          public void close() {}
        };
    for (BulkScoring way : WAYS) {
      Messages.assertSays(
          assertThrows(
              IllegalStateException.class,
              () ->
                  way.withChunkSize(8)
                      .run(few, LongStream.range(0, 64).iterator(), (index, row, answer) -> {})),
          "Expected 8 answers",
          "got 7");
    }
  }
}
