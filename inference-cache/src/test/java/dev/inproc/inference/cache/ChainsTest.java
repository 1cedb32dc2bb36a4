package dev.inproc.inference.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.Answer;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.Overload;
import dev.inproc.inference.Codec;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.batch.BatchingPredictor;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Gate;
import dev.inproc.inference.testing.LedgerModel;
import dev.inproc.inference.testing.ScriptedModel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whole chains of layers, used as their callers should not. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ChainsTest {
  private static final CallOptions MINUTE = CallOptions.timeout(Duration.ofMinutes(1));
  private static final Caching LONGS = Caching.exact(10_000).withAnswers(Long.class).withAlwaysOn();

  private static Session session(ScriptedModel model, int maxQueued) {
    return Session.of(
        "scripted",
        null,
        List.of(model.replica()),
        SessionOptions.builder()
            .maxQueued(maxQueued)
            .parallelism(2)
            .integrity(IntegrityOptions.skip())
            .build());
  }

  private static Codec<Long, Long> codec() {
    return Codec.of(Long.class, LedgerModel::request, answer -> answer.get("answer").getLong(0));
  }

  private static List<Function<Session, Predictor<Long, Long>>> chains() {
    return List.of(
        session -> session.with(codec()),
        session -> session.with(codec().closing(() -> {})).with(LONGS),
        session -> session.with(Batching.upTo(4).withMaxQueued(3)).with(codec()),
        session -> session.with(Batching.upTo(4).withMaxQueued(3)).with(codec()).with(LONGS));
  }

  @Test
  void close_withATime_returnsAndReleasesAll_whateverTheModelDoes() {
    for (Function<Session, Predictor<Long, Long>> chain : chains()) {
      ScriptedModel model = LedgerModel.scalars();
      model.ignoreTerminations();
      Gate gate = model.block();
      Predictor<Long, Long> predictor = chain.apply(session(model, 100));
      CompletableFuture<Long> running = predictor.submit(1L);
      gate.awaitEntered(1);
      List<CompletableFuture<?>> calls =
          List.of(
              running,
              predictor.submit(2L, MINUTE),
              predictor.answers().submit(1L),
              predictor.submit(1L));
      Thread closer = new Thread(() -> predictor.close(Duration.ofMillis(1)));
      closer.start();
      Await.end(closer);
      for (CompletableFuture<?> call : calls) {
        assertInstanceOf(PredictorClosedException.class, Await.failure(call));
      }
      gate.open();
      Await.until("the model to be freed", () -> model.closes() == 1);
      assertTrue(predictor.close(Duration.ofSeconds(10)));
      assertEquals(List.of(), model.violations());
    }
  }

  @Test
  void listLongerThanEveryQueue_isAnsweredByEveryMethod() {
    CallOptions waiting = CallOptions.DEFAULT.withOverload(Overload.WAIT);
    long first = 0;
    for (Function<Session, Predictor<Long, Long>> chain : chains()) {
      try (Predictor<Long, Long> predictor = chain.apply(session(LedgerModel.scalars(), 3))) {
        for (CallOptions options :
            List.of(CallOptions.DEFAULT, MINUTE, waiting, waiting.withTimeout(MINUTE.timeout()))) {
          List<Long> ids = LongStream.range(first, first + 100).boxed().toList();
          List<Long> expected = ids.stream().map(LedgerModel::f).toList();
          assertEquals(expected, predictor.predictAll(ids, options));
          List<Long> others = LongStream.range(first + 100, first + 200).boxed().toList();
          List<Answer<Long>> answers = predictor.answers().predictAll(others, options);
          assertEquals(
              others.stream().map(LedgerModel::f).toList(),
              answers.stream().map(Answer::value).toList());
          first += 200;
        }
        assertThrows(IllegalArgumentException.class, () -> predictor.submit(1L, waiting));
      }
    }
  }

  @Test
  void whatIsFoundThroughABorrowedView_closesNothingOfTheOwner() throws Exception {
    try (Predictor<Long, Long> owner =
        session(LedgerModel.scalars(), 100).with(Batching.upTo(4)).with(codec()).with(LONGS)) {
      long id = 0;
      for (Class<?> type :
          List.of(
              Predictor.class,
              AutoCloseable.class,
              Session.class,
              BatchingPredictor.class,
              CachingPredictor.class)) {
        for (Predictor<?, ?> view : List.of(owner.borrowed(), owner.answers().borrowed())) {
          Object found = view.find(type).orElse(null);
          if (found instanceof AutoCloseable closeable) {
            closeable.close();
          }
          assertEquals(LedgerModel.f(++id), owner.predict(id), type.getName());
        }
      }
    }
  }
}
