package dev.inproc.inference.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.CacheMode;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InferenceException;
import dev.inproc.inference.NotCachedException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.batch.BatchingMetrics;
import dev.inproc.inference.batch.BatchingPredictor;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.LedgerEngine;
import dev.inproc.inference.testing.LedgerModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Invariants I1 to I4 and I7 under load, with evictions, failures, cancels, deadlines, closing. */
class CacheLedgerTest {
  private static final long CALLS = Long.getLong("inproc.stress.calls", 60_000);
  private static final long POISONED = 13;
  private static final int THREADS = 6;

  private final LedgerEngine engine = new LedgerEngine();

  /** One call a run: whom a batch takes with it when it fails is the batcher's to prove. */
  private final BatchingPredictor<Long, Long> batcher = Batching.upTo(1).decorate(engine);

  private final AtomicLong asked = new AtomicLong();
  private final AtomicReference<Throwable> wrong = new AtomicReference<>();

  /** All calls of all kinds, over 200 keys of which 50 fit. */
  @Test
  void stress_withEvictionsFailuresCancelsAndClosing_nothingIsLostOrMixed() {
    long seed = System.nanoTime();
    System.out.println("CacheLedgerTest seed " + seed);
    engine.recordNothing();
    engine.poison(POISONED);
    CachingPredictor<Long, Long> cache =
        Caching.exact(50)
            .withAnswers(Long.class)
            .withAlwaysOn()
            .withRefreshAfter(Duration.ofMillis(1))
            .withFailuresFor(Duration.ofMillis(1))
            .decorate(batcher);
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      SplittableRandom random = new SplittableRandom(seed + t);
      Thread thread = new Thread(() -> callMany(cache, random, CALLS / THREADS));
      thread.setDaemon(true);
      threads.add(thread);
      thread.start();
    }
    Await.until("most of the calls", () -> asked.get() > CALLS * 9 / 10 || wrong.get() != null);
    cache.close();
    threads.forEach(Await::end);
    if (wrong.get() != null) {
      throw new AssertionError("seed " + seed, wrong.get());
    }
    assertEquals(List.of(), engine.violations());
    assertEquals(1, engine.closes());
    CachingMetrics m = cache.metrics();
    assertEquals(asked.get(), m.requests(), m.toString());
    assertEquals(0, m.entries());
    assertTrue(m.evictions() > 0 && m.hits() > 0 && m.coalesced() > 0, m.toString());
    assertTrue(m.failureHits() > 0 && m.refreshes() > 0, m.toString());
    BatchingMetrics b = batcher.metrics();
    assertEquals(
        b.submitted(),
        b.answered() + b.failed() + b.expired() + b.cancelled() + b.overloaded() + b.closed(),
        b.toString());
    System.out.println(m);
  }

  private record Pending(
      long id, CallOptions options, CompletableFuture<Long> call, boolean cancelled) {}

  private void callMany(CachingPredictor<Long, Long> cache, SplittableRandom random, long calls) {
    List<Pending> pending = new ArrayList<>();
    try {
      for (long i = 0; i < calls && wrong.get() == null; i++) {
        callOnce(cache, random, pending);
        if (pending.size() >= 32) {
          settle(pending);
        }
      }
      settle(pending);
    } catch (Throwable t) {
      wrong.compareAndSet(null, t);
    }
  }

  private void callOnce(
      CachingPredictor<Long, Long> cache, SplittableRandom random, List<Pending> pending) {
    long id = random.nextInt(200);
    CallOptions options = options(random);
    switch (random.nextInt(16)) {
      case 0 -> cache.invalidate(id, options);
      case 1 -> {
        if (random.nextInt(50) == 0) {
          cache.invalidateIf(x -> x % 2 == 0);
        }
      }
      case 2, 3 -> {
        List<Long> list = LongStream.range(id, id + 4).map(x -> x % 200).boxed().toList();
        asked.addAndGet(4);
        try {
          List<Long> answers = cache.predictAll(list, options);
          assertEquals(list.stream().map(LedgerModel::f).toList(), answers);
        } catch (InferenceException e) {
          checkFailure(list.contains(POISONED), e, options);
        }
      }
      case 4, 5, 6, 7, 8 -> {
        asked.incrementAndGet();
        CompletableFuture<Long> call = cache.submit(id, options);
        boolean cancelled = random.nextInt(8) == 0;
        if (cancelled) {
          call.cancel(false);
        }
        pending.add(new Pending(id, options, call, cancelled));
      }
      default -> {
        asked.incrementAndGet();
        try {
          assertEquals(LedgerModel.f(id), cache.predict(id, options));
        } catch (InferenceException e) {
          checkFailure(id == POISONED, e, options);
        }
      }
    }
  }

  private static CallOptions options(SplittableRandom random) {
    CallOptions options = CallOptions.DEFAULT;
    options =
        switch (random.nextInt(32)) {
          case 0 -> options.withCacheMode(CacheMode.REFRESH);
          case 1 -> options.withCacheMode(CacheMode.BYPASS);
          case 2 -> options.withCacheMode(CacheMode.ONLY_IF_CACHED);
          default -> options;
        };
    if (random.nextInt(4) == 0) {
      options = options.withTimeout(Duration.ofNanos(random.nextInt(200_000)));
    }
    return random.nextInt(3) == 0 ? options.withCacheScope("s") : options;
  }

  private static void checkFailure(boolean poisoned, Throwable e, CallOptions options) {
    boolean allowed =
        e instanceof PredictorClosedException
            || (e instanceof EngineException && poisoned)
            || (e instanceof DeadlineExceededException && options.hasTimeout())
            || (e instanceof OverloadedException && options.hasTimeout()) // too late for a run
            || (e instanceof NotCachedException && options.cacheMode() == CacheMode.ONLY_IF_CACHED);
    if (!allowed) {
      throw new AssertionError("Failed for " + options, e);
    }
  }

  private static void settle(List<Pending> pending) {
    for (Pending each : pending) {
      Await.until("a call ends", each.call::isDone);
      if (!each.call.isCompletedExceptionally()) {
        assertEquals(LedgerModel.f(each.id), each.call.join());
        continue;
      }
      Throwable failure = Await.failure(each.call);
      if (!(failure instanceof CancellationException && each.cancelled)) {
        checkFailure(each.id == POISONED, failure, each.options);
      }
    }
    pending.clear();
  }

  /** Invariant I7: every tenant asks for the same inputs, and none gets another's answer. */
  @Test
  void millionProbesOfStrangers_neverHit() throws InterruptedException {
    int inputs = 1_000;
    Predictor<Integer, Integer> model = FakeTenants.INSTANCE;
    CachingPredictor<Integer, Integer> cache =
        Caching.exact(2L * inputs).withAnswers(Integer.class).withAlwaysOn().decorate(model);
    CallOptions owner = CallOptions.DEFAULT.withCacheScope("owner");
    for (int i = 0; i < inputs; i++) {
      cache.predict(i, owner);
      cache.predict(i, owner);
    }
    assertEquals(inputs, cache.metrics().hits());
    List<Thread> threads = new ArrayList<>();
    AtomicLong found = new AtomicLong();
    for (int t = 0; t < 2; t++) {
      int half = t;
      threads.add(
          new Thread(
              () -> {
                for (int i = 0; i < 500_000; i++) {
                  int tenant = half * 500 + i / inputs;
                  CallOptions stranger =
                      (tenant == 0
                              ? CallOptions.DEFAULT
                              : CallOptions.DEFAULT.withCacheScope("owner" + tenant))
                          .withCacheMode(CacheMode.ONLY_IF_CACHED);
                  try {
                    cache.predict(i % inputs, stranger);
                    found.incrementAndGet();
                  } catch (NotCachedException e) {
                    // as it must be
                  }
                }
              }));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(0, found.get());
    assertEquals(1_000_000, cache.metrics().notCached());
    assertEquals(inputs, cache.metrics().hits());
    assertThrows(NotCachedException.class, () -> cache.predict(0, only("owne")));
  }

  private static CallOptions only(String scope) {
    return CallOptions.DEFAULT.withCacheScope(scope).withCacheMode(CacheMode.ONLY_IF_CACHED);
  }

  private static final class FakeTenants {
    private static final Predictor<Integer, Integer> INSTANCE = FakeModel.of(x -> x);
  }
}
