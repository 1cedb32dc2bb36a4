package dev.inproc.inference.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.Answer;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.testing.Await;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * Calls of every kind by many threads, of several tenants, beside invalidation and eviction. Each
 * answer tells the tenant and the request that it was made for, so that a caller sees whose answer
 * it has. The counts of the cache and of the callers are compared at the end.
 */
class SimilarityLedgerTest {
  private static final int THREADS = 32;
  private static final int CALLS = 500;
  private static final int TENANTS = 4;

  /** A request of a tenant; the answer names both. */
  private record Ask(String tenant, int topic, int way) {}

  private final AtomicLong hits = new AtomicLong();
  private final AtomicLong cancelled = new AtomicLong();
  private final AtomicLong violations = new AtomicLong();
  private final AtomicLong answers = new AtomicLong();

  @Test
  void calls_ofAllKinds_getAnswersOfTheirTenantAndTopic() throws InterruptedException {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    FakeModel<Ask, String> model = FakeModel.of(ask -> ask.tenant + ":" + ask.topic);
    FakeModel<Ask, float[]> embedder =
        FakeModel.of(ask -> SimilarFixture.vector("topic " + ask.topic + ", way " + ask.way));
    SimilarityCachingPredictor<Ask, String> cache =
        SimilarityCaching.<Ask, String>of(5_000, embedder, AnswerEquivalence.<String>equal())
            .withAnswers(String.class)
            .withMaxWrongShare(0.05)
            .adapt(model);
    Predictor<Ask, Answer<String>> told = cache.answers();
    CountDownLatch done = new CountDownLatch(THREADS);
    for (int t = 0; t < THREADS; t++) {
      SplittableRandom random = new SplittableRandom(seed + t);
      new Thread(
              () -> {
                try {
                  for (int i = 0; i < CALLS; i++) {
                    call(cache, told, random);
                  }
                } catch (RuntimeException | Error e) {
                  violations.incrementAndGet();
                  e.printStackTrace();
                } finally {
                  done.countDown();
                }
              })
          .start();
    }
    assertTrue(done.await(90, TimeUnit.SECONDS));
    Await.until("no audit open", () -> cache.similarityMetrics().openAudits() == 0);
    SimilarityMetrics metrics = cache.similarityMetrics();
    assertEquals(0, violations.get(), "answers of another tenant or topic, or failures");
    assertTrue(metrics.hits() >= hits.get(), metrics.hits() + " and " + hits.get());
    assertTrue(metrics.hits() <= hits.get() + cancelled.get());
    assertTrue(metrics.hits() > 1_000, cache.describe().toString());
    assertTrue(answers.get() > (long) THREADS * CALLS * 8 / 10);
    assertTrue(metrics.bound() <= metrics.allowed());
    cache.close();
  }

  private void call(
      SimilarityCachingPredictor<Ask, String> cache,
      Predictor<Ask, Answer<String>> told,
      SplittableRandom random) {
    String tenant = "tenant " + random.nextInt(TENANTS);
    CallOptions options = CallOptions.DEFAULT.withCacheScope(tenant);
    int kind = random.nextInt(100);
    if (kind < 50) {
      Ask ask = ask(tenant, random);
      check(ask, told.predict(ask, options));
    } else if (kind < 85) {
      Ask ask = ask(tenant, random);
      CompletableFuture<Answer<String>> future = told.submit(ask, options);
      if (random.nextInt(10) == 0) {
        future.cancel(true);
        cancelled.incrementAndGet();
      } else {
        check(ask, future.join());
      }
    } else if (kind < 95) {
      List<Ask> asks = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        asks.add(ask(tenant, random));
      }
      List<Answer<String>> all = told.predictAll(asks, options);
      for (int i = 0; i < asks.size(); i++) {
        check(asks.get(i), all.get(i));
      }
    } else if (kind < 97) {
      cache.invalidate(ask(tenant, random), options);
    } else if (kind == 98) {
      int topic = random.nextInt(50);
      cache.invalidateIf(Ask.class, ask -> ask.topic == topic);
    } else if (random.nextInt(30) == 0) {
      cache.invalidateScope(tenant);
    }
  }

  private void check(Ask ask, Answer<String> answer) {
    answers.incrementAndGet();
    if (answer.source() == Answer.Source.SIMILARITY_CACHE) {
      hits.incrementAndGet();
    }
    if (!answer.value().equals(ask.tenant + ":" + ask.topic)) {
      // A similar answer may be of another topic, if the rule errs; never of another tenant.
      boolean isOfTenant = answer.value().startsWith(ask.tenant + ":");
      boolean isSimilar = answer.source() == Answer.Source.SIMILARITY_CACHE;
      if (!isOfTenant || !isSimilar) {
        violations.incrementAndGet();
      }
    }
  }

  private static Ask ask(String tenant, SplittableRandom random) {
    int topic = random.nextInt(5) == 0 ? 1_000 + random.nextInt(100_000) : random.nextInt(50);
    return new Ask(tenant, topic, random.nextInt(1_000_000));
  }
}
