package dev.inproc.inference.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.Answer;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.testing.Await;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Functions, embedders and callers that do what they should not. */
class SimilarityHostileUseTest {
  private static final Duration TIMEOUT = Duration.ofMinutes(1);

  private final FakeModel<String, float[]> model = FakeModel.of(SimilarFixture::answer);

  @Test
  void equivalence_thatThrowsAnError_endsTheCall() {
    FakeModel<String, float[]> embedder = FakeModel.of(SimilarFixture::vector);
    var cache =
        SimilarityCaching.<String, float[]>of(
                10,
                embedder,
                (one, other) -> {
                  throw new AssertionError("a fault of the equivalence's");
                })
            .withAnswers(float[].class)
            .adapt(model);
    cache.submit("topic 1, way 1").join();

    CompletableFuture<float[]> call = cache.submit("topic 1, way 2");

    CompletionException e =
        assertThrows(CompletionException.class, call.orTimeout(20, TimeUnit.SECONDS)::join);
    assertTrue(e.getCause() instanceof AssertionError, e.toString());
    assertThrows(AssertionError.class, () -> cache.predict("topic 1, way 3"));
    assertThrows(AssertionError.class, () -> cache.predictAll(List.of("topic 1, way 4")));
    assertTrue(cache.close(Duration.ofSeconds(20)));
  }

  @Test
  void embedder_withoutAFuture_leavesTheModelToAnswer_andTheCacheCloses() {
    var cache =
        SimilarityCaching.<String, float[]>of(
                10,
                FakeModel.<String, float[]>withFutures(() -> null),
                AnswerEquivalence.<float[]>equal())
            .withAnswers(float[].class)
            .adapt(model);
    assertArrayEquals(new float[] {1}, cache.submit("topic 1, way 1").join());
    assertEquals(1, cache.similarityMetrics().misses().get(MissReason.NOT_EMBEDDED));
    assertTrue(cache.close(Duration.ofSeconds(20)));
  }

  @Test
  void embedder_whoseFirstVectorIsBad_isUsedFromTheFirstGoodOneOn() {
    for (float[] bad : new float[][] {{}, {0, 0, 0}, {Float.NaN, 1}}) {
      FakeModel<String, float[]> embedder =
          FakeModel.of(text -> text.endsWith(" 0") ? bad : SimilarFixture.vector(text));
      try (var cache =
          SimilarityCaching.<String, float[]>of(10, embedder, AnswerEquivalence.<float[]>equal())
              .withAnswers(float[].class)
              .adapt(FakeModel.of(SimilarFixture::answer))) {
        for (int i = 0; i < 4; i++) {
          cache.predict("topic 1, way " + i);
        }
        assertEquals(1, cache.similarityMetrics().misses().get(MissReason.NOT_EMBEDDED));
        assertEquals(3, cache.similarityMetrics().entries());
      }
    }
  }

  /** An application that fills one array for each request. */
  @Test
  void request_changedByItsOwnerAfterTheCall_staysAsItWasInTheIndex() {
    Set<Float> seen = ConcurrentHashMap.newKeySet();
    try (var cache =
        SimilarityCaching.<float[], Float>of(
                10,
                FakeModel.<float[], float[]>of(float[]::clone),
                AnswerEquivalence.<Float>equal())
            .withAnswers(Float.class)
            .withRiskFeatures(
                1,
                (request, cached) -> {
                  seen.add(cached[0]);
                  return new double[] {0};
                })
            .adapt(FakeModel.<float[], Float>of(request -> request[1]))) {
      List<float[]> requests = List.of(new float[] {1, 0}, new float[] {1, 0}, new float[] {1, 0});
      for (int i = 0; i < 3; i++) {
        requests.get(i)[1] = i; // three directions
        requests.get(i)[0] = i + 1;
      }
      cache.predict(requests.get(0));
      cache.predictAll(List.of(requests.get(1)));
      cache.submit(requests.get(2)).join();
      seen.clear();
      requests.forEach(request -> request[0] = -1);
      for (int i = 0; i < 3; i++) {
        cache.predict(new float[] {i + 1, i + 0.01f});
      }
      assertEquals(Set.of(1f, 2f, 3f), seen);
    }
  }

  /** The caller's thread changes its array while the embedder has it. */
  @Test
  void request_changedWhileItIsEmbedded_isAnsweredAsItWas() {
    AtomicReference<float[]> shared = new AtomicReference<>(new float[] {1, 2});
    FakeModel<float[], float[]> embedder =
        FakeModel.of(
            request -> {
              shared.get()[1] = 7; // the owner's
              return new float[] {1, 2};
            });
    try (var cache =
        SimilarityCaching.<float[], Float>of(10, embedder, AnswerEquivalence.<Float>equal())
            .withAnswers(Float.class)
            .adapt(FakeModel.<float[], Float>of(request -> request[1]))) {
      assertEquals(2f, cache.predict(shared.get()));
      shared.set(new float[] {1, 3});
      assertEquals(List.of(3f), cache.predictAll(List.of(shared.get())));
      assertEquals(2, cache.similarityMetrics().entries());
    }
  }

  /** An embedder with one array for all answers. */
  @Test
  void embedder_thatReturnsOneArrayForAll_changesNoVectorInTheIndex() {
    float[] one = new float[16];
    FakeModel<String, float[]> embedder =
        FakeModel.of(
            text -> {
              System.arraycopy(SimilarFixture.vector(text), 0, one, 0, one.length);
              return one;
            });
    SimilarFixture fixture = SimilarFixture.learned(c -> c, text -> embedder.predict(text));
    SimilarFixture usual = SimilarFixture.learned();
    fixture.coin = SimilarFixture.Coin.HIT;
    usual.coin = SimilarFixture.Coin.HIT;
    for (int topic = 0; topic < 40; topic++) {
      String text = "topic " + topic + ", way 1234567";
      assertArrayEquals(usual.cache.predict(text), fixture.cache.predict(text));
    }
  }

  @Test
  void copier_thatThrows_failsItsCall_andTheHitCountsNot() {
    boolean[] throwing = {false};
    SimilarFixture fixture =
        SimilarFixture.learned(
            caching ->
                caching.withCopiedAnswers(
                    float[].class,
                    answer -> {
                      if (throwing[0]) {
                        throw new IllegalStateException("a fault of the copier's");
                      }
                      return answer.clone();
                    }),
            SimilarFixture::vector);
    fixture.coin = SimilarFixture.Coin.HIT;
    long hits = fixture.cache.similarityMetrics().hits();
    throwing[0] = true;
    assertThrows(IllegalStateException.class, () -> fixture.cache.predict(fixture.another(7)));
    assertThrows(
        IllegalStateException.class,
        () -> fixture.cache.predictAll(List.of(fixture.another(7), fixture.another(8))));
    assertTrue(fixture.cache.submit(fixture.another(7)).isCompletedExceptionally());
    throwing[0] = false;
    assertEquals(hits, fixture.cache.similarityMetrics().hits());
    assertTrue(fixture.cache.close(Duration.ofSeconds(20)));
  }

  @Test
  void functions_thatCallTheCache_endWithTheirCalls() {
    AtomicReference<SimilarityPredictor<String, float[]>> cache = new AtomicReference<>();
    SimilarFixture fixture =
        SimilarFixture.learned(
            caching ->
                caching.withVeto(
                    (request, cached) -> {
                      if (request.endsWith("99999")) {
                        cache.get().predict("topic 1, way 1234567");
                        cache.get().invalidate(cached);
                        var unused = cache.get().submit("topic 2, way 1234567").join();
                      }
                      return false;
                    }),
            SimilarFixture::vector);
    cache.set(fixture.cache);
    fixture.coin = SimilarFixture.Coin.HIT;
    assertArrayEquals(new float[] {7}, fixture.cache.predict("topic 7, way 99999"));
    assertArrayEquals(new float[] {7}, fixture.cache.submit("topic 7, way 199999").join());
    assertArrayEquals(
        new float[] {7}, fixture.cache.predictAll(List.of("topic 7, way 299999")).get(0));
    assertTrue(fixture.cache.close(Duration.ofSeconds(20)));
  }

  @Test
  void scopes_thatCameAndWent_leaveNothingInTheIndex() {
    SimilarFixture fixture = SimilarFixture.fresh(caching -> caching);
    for (int i = 0; i < 20_000; i++) {
      fixture.cache.predict("topic 1, way 1", CallOptions.DEFAULT.withCacheScope("tenant " + i));
    }
    assertTrue(fixture.cache.similarityMetrics().entries() > 5_000);
    fixture.cache.invalidateAll();
    Await.until("an empty index", () -> fixture.cache.similarityMetrics().entries() == 0);
    assertTrue(
        fixture.cache.similarityMetrics().indexBytes() < 20_000,
        "bytes: " + fixture.cache.similarityMetrics().indexBytes());
  }

  /** A function that closes the cache which calls it, from each kind of call. */
  @Test
  void close_fromAnEquivalence_doesNotWaitForItsOwnCall() throws Exception {
    List<Function<Predictor<String, float[]>, float[]>> calls =
        List.of(
            cache -> cache.predict("topic 1, way 2"),
            cache -> cache.predict("topic 1, way 2", CallOptions.DEFAULT.withTimeout(TIMEOUT)),
            cache -> cache.predictAll(List.of("topic 1, way 2")).get(0),
            cache -> cache.submit("topic 1, way 2").join());
    for (Function<Predictor<String, float[]>, float[]> call : calls) {
      AtomicReference<Predictor<String, float[]>> self = new AtomicReference<>();
      FakeModel<String, float[]> own = FakeModel.of(SimilarFixture::answer);
      var cache =
          SimilarityCaching.<String, float[]>of(
                  10,
                  FakeModel.of(SimilarFixture::vector),
                  (one, other) -> {
                    self.get().close();
                    return true;
                  })
              .withAnswers(float[].class)
              .adapt(own);
      self.set(cache);
      cache.predict("topic 1, way 1");
      CompletableFuture<float[]> answer = CompletableFuture.supplyAsync(() -> call.apply(cache));
      assertArrayEquals(new float[] {1}, answer.get(20, TimeUnit.SECONDS));
      Await.until("the last call to end has it closed", () -> own.closes() == 1);
    }
  }

  /** Code of the user within the model's call, such as a codec, closes the cache around it. */
  @Test
  void close_fromWithinTheModel_doesNotWaitForItsOwnCall() throws Exception {
    List<Function<Predictor<String, float[]>, float[]>> calls =
        List.of(
            cache -> cache.predict("topic 1, way 2"),
            cache -> cache.predictAll(List.of("topic 1, way 2")).get(0),
            cache -> cache.submit("topic 1, way 2").join());
    for (Function<Predictor<String, float[]>, float[]> call : calls) {
      AtomicReference<Predictor<String, float[]>> self = new AtomicReference<>();
      FakeModel<String, float[]> own =
          FakeModel.of(
              text -> {
                self.get().close();
                return SimilarFixture.answer(text);
              });
      var cache = Caching.exact(10).withAnswers(float[].class).decorate(own);
      self.set(cache);
      CompletableFuture<float[]> answer = CompletableFuture.supplyAsync(() -> call.apply(cache));
      assertArrayEquals(new float[] {1}, answer.get(20, TimeUnit.SECONDS));
      Await.until("the last call to end has it closed", () -> own.closes() == 1);
    }
  }

  @Test
  void answer_tellsTheOtherRequest_onlyIfAsked() {
    for (boolean asked : new boolean[] {false, true}) {
      SimilarFixture fixture =
          SimilarFixture.learned(
              caching -> asked ? caching.withRequestsInAnswers() : caching, SimilarFixture::vector);
      fixture.coin = SimilarFixture.Coin.HIT;
      var answers = fixture.cache.answers();
      for (Answer<float[]> answer :
          List.of(
              answers.predict(fixture.another(7)),
              answers.submit(fixture.another(7)).join(),
              answers.predictAll(List.of(fixture.another(7))).get(0))) {
        assertEquals(Answer.Source.SIMILARITY_CACHE, answer.source());
        assertEquals(asked, answer.similarTo().isPresent());
        answer
            .similarTo()
            .ifPresent(request -> assertEquals(7, SimilarFixture.topic((String) request)));
        assertTrue(!answer.toString().contains("way"), answer.toString());
      }
      assertTrue(answers.predict(fixture.another(100_000)).similarTo().isEmpty());
    }
  }
}
