package dev.inproc.inference.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.Answer;
import dev.inproc.inference.Answer.Source;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.CacheMode;
import dev.inproc.inference.NotCachedException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.cache.SimilarFixture.Coin;
import dev.inproc.inference.testing.Await;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** What callers of a similarity cache get. */
class SimilarityCacheTest {
  private static Answer<float[]> ask(SimilarFixture fixture, String text) {
    return fixture.cache.answers().predict(text);
  }

  @Test
  void request_likeAnEarlierOne_getsItsAnswerWithoutTheModel() {
    SimilarFixture fixture = SimilarFixture.learned();
    fixture.coin = Coin.HIT;
    long hits = fixture.cache.similarityMetrics().hits();

    Answer<float[]> answer = ask(fixture, fixture.another(7));

    assertEquals(Source.SIMILARITY_CACHE, answer.source());
    assertArrayEquals(new float[] {7}, answer.value());
    assertTrue(answer.similarity().orElseThrow() > 0.9, answer.toString());
    assertEquals(0, fixture.model.runs());
    assertEquals(hits + 1, fixture.cache.similarityMetrics().hits());
  }

  @Test
  void audit_isAnsweredByTheModel_andEntersTheIndex() {
    SimilarFixture fixture = SimilarFixture.learned();
    fixture.coin = Coin.AUDIT;
    SimilarityMetrics before = fixture.cache.similarityMetrics();

    Answer<float[]> answer = ask(fixture, fixture.another(7));

    SimilarityMetrics after = fixture.cache.similarityMetrics();
    assertEquals(Source.MODEL, answer.source());
    assertArrayEquals(new float[] {7}, answer.value());
    assertEquals(1, fixture.model.runs());
    assertEquals(before.audits() + 1, after.audits());
    assertEquals(before.auditedWrong(), after.auditedWrong());
    assertEquals(0, after.openAudits());
    assertEquals(before.hits(), after.hits());
    assertEquals(before.entries() + 1, after.entries());
  }

  @Test
  void audit_ofAnotherAnswer_isFoundWrong() {
    SimilarFixture fixture = SimilarFixture.learned();
    fixture.coin = Coin.AUDIT;
    long wrong = fixture.cache.similarityMetrics().auditedWrong();
    // Its vector is that of topic 7, its answer is not: the model says 8.
    SimilarFixture other =
        SimilarFixture.learned(
            caching -> caching,
            text -> SimilarFixture.vector(text.replace("topic 8, way 0", "topic 7, way 0")));
    other.coin = Coin.AUDIT;
    long before = other.cache.similarityMetrics().auditedWrong();

    assertArrayEquals(new float[] {8}, ask(other, "topic 8, way 0").value());

    assertEquals(before + 1, other.cache.similarityMetrics().auditedWrong());
    assertArrayEquals(new float[] {7}, ask(fixture, fixture.another(7)).value());
    assertEquals(wrong, fixture.cache.similarityMetrics().auditedWrong());
  }

  @Test
  void repeat_ofARequest_isAnExactHitAndNoTrial() {
    SimilarFixture fixture = SimilarFixture.learned();
    fixture.coin = Coin.AUDIT;
    String text = fixture.another(7);
    ask(fixture, text);
    SimilarityMetrics before = fixture.cache.similarityMetrics();

    for (int i = 0; i < 10; i++) {
      assertEquals(Source.EXACT_CACHE, ask(fixture, text).source());
    }

    SimilarityMetrics after = fixture.cache.similarityMetrics();
    assertEquals(before.hits(), after.hits());
    assertEquals(before.audits(), after.audits());
    assertEquals(before.exactHits() + 10, after.exactHits());
    assertEquals(1, fixture.model.runs());
  }

  @Test
  void hit_isNotKeptAsAnAnswerToItsRequest() {
    SimilarFixture fixture = SimilarFixture.learned();
    String text = fixture.another(7);
    fixture.coin = Coin.HIT;
    long entries = fixture.cache.similarityMetrics().entries();
    ask(fixture, text);
    assertEquals(entries, fixture.cache.similarityMetrics().entries());
    fixture.coin = Coin.AUDIT;

    assertEquals(Source.MODEL, ask(fixture, text).source());
  }

  /** By each method: a repeat of a hit is a candidate again, a repeat of an audit is none. */
  @Test
  void repeats_byEachMethod_haveACoinAfterAHit_andNoneAfterTheModel() {
    SimilarFixture fixture = SimilarFixture.learned();
    List<Function<String, float[]>> methods =
        List.of(
            text -> fixture.cache.predict(text),
            text -> fixture.cache.submit(text).join(),
            text -> fixture.cache.predictAll(List.of(text)).get(0),
            text -> fixture.cache.predict(text, CallOptions.timeout(Duration.ofMinutes(1))));
    for (int first = 0; first < methods.size(); first++) {
      for (int second = 0; second < methods.size(); second++) {
        String which = "methods " + first + ", " + second;
        String text = fixture.another(7);
        SimilarityMetrics before = fixture.cache.similarityMetrics();
        fixture.coin = Coin.HIT;
        assertEquals(7, methods.get(first).apply(text)[0]);
        assertEquals(before.entries(), fixture.cache.similarityMetrics().entries(), which);
        fixture.coin = Coin.AUDIT;
        assertEquals(7, methods.get(first).apply(text)[0]);
        assertEquals(7, methods.get(second).apply(text)[0]);
        SimilarityMetrics after = fixture.cache.similarityMetrics();
        assertEquals(before.hits() + 1, after.hits(), which);
        assertEquals(before.audits() + 1, after.audits(), which);
        assertEquals(before.exactHits() + 1, after.exactHits(), which);
      }
    }
  }

  @Test
  void modes_otherThanUse_getNoSimilarAnswer() {
    SimilarFixture fixture = SimilarFixture.learned();
    fixture.coin = Coin.HIT;
    for (CacheMode mode : List.of(CacheMode.EXACT_ONLY, CacheMode.REFRESH, CacheMode.BYPASS)) {
      int runs = fixture.model.runs();
      CallOptions options = CallOptions.DEFAULT.withCacheMode(mode);
      Answer<float[]> answer = fixture.cache.answers().predict(fixture.another(7), options);
      assertEquals(Source.MODEL, answer.source(), mode.toString());
      assertEquals(runs + 1, fixture.model.runs());
    }
    CallOptions cached = CallOptions.DEFAULT.withCacheMode(CacheMode.ONLY_IF_CACHED);
    assertThrows(NotCachedException.class, () -> fixture.cache.predict(fixture.another(7), cached));
    String refreshed = fixture.another(7);
    fixture.cache.predict(refreshed, CallOptions.DEFAULT.withCacheMode(CacheMode.REFRESH));
    assertEquals(Source.EXACT_CACHE, ask(fixture, refreshed).source());
  }

  @Test
  void scope_ofAnother_isNeverLookedInto() {
    SimilarFixture fixture = SimilarFixture.learned();
    fixture.coin = Coin.HIT;
    CallOptions scoped = CallOptions.DEFAULT.withCacheScope("tenant 2");

    assertEquals(
        Source.MODEL, fixture.cache.answers().predict(fixture.another(7), scoped).source());
    // Its own entry is near now.
    assertEquals(
        Source.SIMILARITY_CACHE,
        fixture.cache.answers().predict(fixture.another(7), scoped).source());
    fixture.cache.invalidateScope("tenant 2");
    assertEquals(
        Source.MODEL, fixture.cache.answers().predict(fixture.another(7), scoped).source());
  }

  @Test
  void answer_changedByItsReceiver_staysAsItWasForOthers() {
    SimilarFixture fixture = SimilarFixture.learned();
    fixture.coin = Coin.HIT;
    for (int i = 0; i < 3; i++) {
      float[] answer = fixture.cache.predict(fixture.another(7));
      assertArrayEquals(new float[] {7}, answer);
      answer[0] = -1;
    }
    fixture.coin = Coin.AUDIT;
    String text = fixture.another(7);
    fixture.cache.predict(text)[0] = -1;
    assertArrayEquals(new float[] {7}, fixture.cache.predict(text));
    fixture.cache.submit(fixture.another(7)).join()[0] = -1;
    fixture.coin = Coin.HIT;
    assertArrayEquals(new float[] {7}, fixture.cache.submit(fixture.another(7)).join());
  }

  @Test
  void list_isOneBatchOfEmbeddingsAndOneOfTheRest() {
    SimilarFixture fixture = SimilarFixture.learned();
    fixture.coin = Coin.AUDIT;
    String exact = fixture.another(3);
    fixture.cache.predict(exact);
    fixture.coin = Coin.HIT;
    SimilarityMetrics before = fixture.cache.similarityMetrics();
    String twice = fixture.another(4);
    String far = "topic 977, way 1";
    List<String> inputs = List.of(fixture.another(1), exact, twice, far, twice, fixture.another(2));

    List<float[]> answers = fixture.cache.predictAll(inputs);

    for (int i = 0; i < inputs.size(); i++) {
      assertArrayEquals(SimilarFixture.answer(inputs.get(i)), answers.get(i));
    }
    assertEquals(List.of(List.of(inputs.get(0), far, inputs.get(5))), fixture.embedder.lists());
    assertEquals(List.of(List.of(twice, far)), fixture.model.lists());
    assertEquals(before.hits() + 2, fixture.cache.similarityMetrics().hits());
  }

  @Test
  void invalidated_answers_areServedNoMore() {
    SimilarFixture fixture = SimilarFixture.learned();
    fixture.coin = Coin.HIT;
    fixture.cache.invalidateIf(String.class, text -> SimilarFixture.topic(text) == 7);

    assertEquals(Source.MODEL, ask(fixture, fixture.another(7)).source());
    assertEquals(Source.SIMILARITY_CACHE, ask(fixture, fixture.another(8)).source());
    fixture.cache.invalidateAll();
    assertEquals(Source.MODEL, ask(fixture, fixture.another(8)).source());
    Await.until("an index of one", () -> fixture.cache.similarityMetrics().entries() == 1);
  }

  @Test
  void evicted_answers_leaveTheIndex() {
    SimilarFixture fixture = SimilarFixture.fresh(caching -> caching);
    SimilarityCaching<String, float[]> small =
        SimilarityCaching.<String, float[]>of(
                100, fixture.embedder, AnswerEquivalence.<float[]>equal())
            .withAnswers(float[].class);
    try (var cache = small.adapt(fixture.model)) {
      for (int i = 0; i < 2_000; i++) {
        cache.predict(fixture.another(i % 50));
      }
      assertTrue(cache.metrics().entries() <= 100);
      Await.until(
          "an index of what is kept",
          () -> cache.similarityMetrics().entries() == cache.metrics().entries());
      assertTrue(cache.similarityMetrics().indexBytes() < 500_000, cache.describe().toString());
    }
  }

  @Test
  void expired_answers_areServedNoMore() {
    SimilarFixture fixture =
        SimilarFixture.learned(
            caching -> caching.withTimeToLive(Duration.ofSeconds(10)), SimilarFixture::vector);
    fixture.coin = Coin.HIT;
    assertEquals(Source.SIMILARITY_CACHE, ask(fixture, fixture.another(7)).source());
    fixture.timer.advanceMillis(10_001);
    assertEquals(Source.MODEL, ask(fixture, fixture.another(7)).source());
  }

  @Test
  void veto_forbidsTheHit_andSoDoesOneThatThrows() {
    SimilarFixture fixture =
        SimilarFixture.learned(
            caching ->
                caching
                    .withVeto((request, cached) -> request.endsWith("1"))
                    .withVeto(
                        (request, cached) -> {
                          if (request.endsWith("2")) {
                            throw new IllegalStateException("a fault of the veto's");
                          }
                          return false;
                        }),
            SimilarFixture::vector);
    fixture.coin = Coin.HIT;
    assertEquals(Source.MODEL, ask(fixture, "topic 7, way 90001").source());
    assertEquals(Source.MODEL, ask(fixture, "topic 7, way 90002").source());
    assertEquals(Source.SIMILARITY_CACHE, ask(fixture, "topic 7, way 90003").source());
    Map<MissReason, Long> misses = fixture.cache.similarityMetrics().misses();
    assertTrue(misses.getOrDefault(MissReason.VETO, 0L) >= 2, misses.toString());
  }

  @Test
  void riskFeatures_ofAnotherNumberOrNoNumber_serveNothing() {
    for (double[] features : new double[][] {{1, 2}, {Double.NaN}}) {
      SimilarFixture fixture =
          SimilarFixture.fresh(
              caching -> caching.withRiskFeatures(1, (request, cached) -> features));
      for (int i = 0; i < 3_000; i++) {
        fixture.cache.predict(fixture.another(i % 50));
      }
      assertEquals(0, fixture.cache.similarityMetrics().hits());
      assertEquals(3_000, fixture.model.runs());
    }
  }

  @Test
  void close_closesTheModelAndNotTheEmbedder() {
    SimilarFixture fixture = SimilarFixture.learned();
    fixture.cache.close();
    fixture.cache.close();
    assertTrue(fixture.model.closes() > 0);
    assertEquals(0, fixture.embedder.closes());
    assertThrows(PredictorClosedException.class, () -> fixture.cache.predict("topic 1, way 1"));
    assertThrows(
        PredictorClosedException.class, () -> fixture.cache.predictAll(List.of("topic 1, way 1")));
    assertTrue(fixture.cache.submit("topic 1, way 1").isCompletedExceptionally());
    assertTrue(fixture.cache.close(Duration.ofSeconds(1)));
  }

  @Test
  void caches_aroundASimilarityCache_areRefused() {
    SimilarFixture fixture = SimilarFixture.fresh(caching -> caching);
    assertThrows(
        IllegalStateException.class,
        () -> fixture.cache.with(Caching.exact(10).withAnswers(float[].class)));
    SimilarityCaching<String, float[]> second =
        SimilarityCaching.<String, float[]>of(
                10, fixture.embedder, AnswerEquivalence.<float[]>equal())
            .withAnswers(float[].class);
    assertThrows(IllegalStateException.class, () -> fixture.cache.with(second));
    assertThrows(
        IllegalStateException.class,
        () ->
            SimilarityCaching.<String, float[]>of(
                    10, fixture.embedder, AnswerEquivalence.<float[]>equal())
                .adapt(fixture.model));
  }

  @Test
  void description_tellsThePromise() {
    SimilarFixture fixture = SimilarFixture.learned();
    String text = fixture.cache.describe().toString();
    for (String figure : List.of("wrong.bound", "hits.similar", "audits", "lookup.time")) {
      assertTrue(text.contains(figure), text);
    }
    assertTrue(fixture.cache.find(SimilarityControl.class).isPresent());
    assertTrue(fixture.cache.find(CacheControl.class).isPresent());
    assertFalse(fixture.cache.keepsState());
  }
}
