package dev.inproc.inference.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.Answer;
import dev.inproc.inference.Answer.Source;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.CacheMode;
import dev.inproc.inference.Predictor;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Tenants that ask about the same topics with the same words. Each probe is nearer to an entry of
 * each other tenant than to its own, and gets the answer of its own.
 */
class SimilarityTenantsTest {
  private static final int TOPICS = 20;

  /** The answer names the tenant and the topic. */
  private record Ask(String tenant, int topic, int way) {}

  /** A predictor that keeps no record. */
  private record Plain<I, O>(Function<I, O> function) implements Predictor<I, O> {
    @Override
    public CompletableFuture<O> submit(I input, CallOptions options) {
      return CompletableFuture.completedFuture(function.apply(input));
    }

    @Override
    public O predict(I input, CallOptions options) {
      return function.apply(input);
    }

    @Override
    public List<O> predictAll(List<I> inputs, CallOptions options) {
      return inputs.stream().map(function).toList();
    }

    @Override
    public void close() {}
  }

  @Test
  void probes_ofAFewTenants_hitTheirOwnEntriesAlone() {
    probe(20, 20_000);
  }

  /** The long form. */
  @Test
  @Tag("endurance")
  @EnabledIfSystemProperty(named = "inproc.endurance", matches = "true")
  void probes_of500Tenants_hitTheirOwnEntriesAlone() {
    probe(500, 1_000_000);
  }

  private static void probe(int tenants, int probes) {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    boolean[] onlyHits = {false};
    try (var cache =
        SimilarityCaching.<Ask, String>of(
                100_000,
                new Plain<Ask, float[]>(SimilarityTenantsTest::vector),
                AnswerEquivalence.<String>equal())
            .withAnswers(String.class)
            .withMaxWrongShare(0.05)
            .adapt(
                new Plain<Ask, String>(ask -> ask.tenant + ":" + ask.topic),
                probability -> !onlyHits[0] && random.nextDouble() < probability)) {
      for (int i = 0; i < 1_500 || cache.similarityMetrics().hits() < 100; i++) {
        assertTrue(i < 20_000, () -> "Serves nothing: " + cache.describe());
        int topic = i % 5 == 0 ? 1_000 + i : i % TOPICS;
        cache.predict(new Ask("learner", topic, i), scope("learner"));
      }
      onlyHits[0] = true;
      for (int t = 0; t < tenants; t++) {
        for (int topic = 0; topic < TOPICS; topic++) {
          String tenant = "tenant " + t;
          cache.predict(
              new Ask(tenant, topic, -1 - t), scope(tenant).withCacheMode(CacheMode.REFRESH));
        }
      }
      Predictor<Ask, Answer<String>> told = cache.answers();
      long hits = cache.similarityMetrics().hits();
      for (int i = 0; i < probes; i++) {
        String tenant = "tenant " + i % tenants;
        int topic = random.nextInt(TOPICS);
        // The vector of another tenant's entry, to the bit.
        int way = tenants == 1 ? i : -1 - (i + 1 + random.nextInt(tenants - 1)) % tenants;
        Answer<String> answer = told.predict(new Ask(tenant, topic, way), scope(tenant));
        assertEquals(tenant + ":" + topic, answer.value());
        assertEquals(Source.SIMILARITY_CACHE, answer.source());
      }
      assertEquals(hits + probes, cache.similarityMetrics().hits());
    }
  }

  private static CallOptions scope(String tenant) {
    return CallOptions.DEFAULT.withCacheScope(tenant);
  }

  private static float[] vector(Ask ask) {
    float[] vector = new float[16];
    SplittableRandom centre = new SplittableRandom(ask.topic * 7_919L);
    SplittableRandom way = new SplittableRandom(ask.way);
    for (int i = 0; i < vector.length; i++) {
      vector[i] = (float) (centre.nextDouble() - 0.5 + 0.1 * (way.nextDouble() - 0.5));
    }
    return vector;
  }
}
