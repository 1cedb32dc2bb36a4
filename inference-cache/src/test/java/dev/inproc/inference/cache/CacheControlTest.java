package dev.inproc.inference.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.Answer;
import dev.inproc.inference.Answer.Source;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.CacheMode;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.batch.BatchingStats;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Gate;
import dev.inproc.inference.testing.LedgerEngine;
import dev.inproc.inference.testing.LedgerModel;
import dev.inproc.inference.testing.Messages;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A cache that is reached through its chain, and what it tells of answers. */
class CacheControlTest {
  private final LedgerEngine engine = new LedgerEngine();
  private final Predictor<Long, Long> chain =
      engine.with(Batching.upTo(4)).with(Caching.exact(100).withAnswers(Long.class).withAlwaysOn());

  @Test
  void control_inAFluentChain_dropsAndCounts() {
    CacheControl control = chain.find(CacheControl.class).orElseThrow();
    for (long id = 0; id < 10; id++) {
      chain.predict(id);
    }
    chain.predict(3L);
    assertEquals(1, control.metrics().hits());
    control.invalidate(3L);
    chain.predict(3L);
    assertEquals(11, control.metrics().misses());
    control.invalidateIf(Long.class, id -> id >= 5);
    control.invalidateIf(String.class, text -> true);
    assertEquals(5, control.metrics().entries());
    control.invalidateAll();
    assertEquals(0, control.metrics().entries());
    assertEquals(11, chain.find(BatchingStats.class).orElseThrow().metrics().answered());
    assertTrue(chain.borrowed().find(CacheControl.class).isPresent());
    chain.close();
  }

  @Test
  void answers_tellWhereTheyCameFrom() {
    Predictor<Long, Answer<Long>> answers = chain.answers();
    assertEquals(Source.MODEL, answers.predict(1L).source());
    assertEquals(Source.EXACT_CACHE, answers.predict(1L).source());
    CallOptions minute = CallOptions.timeout(Duration.ofMinutes(1));
    assertEquals(Source.EXACT_CACHE, answers.predict(1L, minute).source());
    assertEquals(Source.EXACT_CACHE, Await.value(answers.submit(1L)).source());
    for (CacheMode mode : List.of(CacheMode.REFRESH, CacheMode.BYPASS)) {
      CallOptions options = CallOptions.DEFAULT.withCacheMode(mode);
      assertEquals(Source.MODEL, answers.predict(1L, options).source(), mode.toString());
    }
    for (CacheMode mode : List.of(CacheMode.EXACT_ONLY, CacheMode.ONLY_IF_CACHED)) {
      CallOptions options = CallOptions.DEFAULT.withCacheMode(mode);
      assertEquals(Source.EXACT_CACHE, answers.predict(1L, options).source(), mode.toString());
    }
    List<Answer<Long>> list = answers.predictAll(List.of(1L, 2L, 1L));
    assertArrayEquals(
        new Source[] {Source.EXACT_CACHE, Source.MODEL, Source.EXACT_CACHE},
        list.stream().map(Answer::source).toArray());
    Gate gate = engine.block();
    CompletableFuture<Answer<Long>> first = answers.submit(7L);
    gate.awaitEntered(1);
    CompletableFuture<Answer<Long>> second = answers.submit(7L);
    CompletableFuture<Long> plain = chain.submit(7L);
    gate.open();
    assertEquals(Source.MODEL, Await.value(first).source());
    assertEquals(Source.JOINED, Await.value(second).source());
    assertEquals(LedgerModel.f(7), Await.value(plain));
    answers.close();
    assertEquals(1, engine.closes());
  }

  @Test
  void deadline_ofACallThatJoined_saysSo() {
    Gate gate = engine.block();
    CompletableFuture<Long> first = chain.submit(7L);
    gate.awaitEntered(1);
    Throwable late = Await.failure(chain.submit(7L, CallOptions.timeout(Duration.ofMillis(200))));
    assertEquals(
        DeadlineExceededException.Stage.JOINED, ((DeadlineExceededException) late).stage());
    Messages.assertSays(late, "cached(", "run of an equal request");
    gate.open();
    assertEquals(LedgerModel.f(7), Await.value(first));
    chain.close();
  }
}
