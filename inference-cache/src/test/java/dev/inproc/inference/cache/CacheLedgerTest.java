package dev.inproc.inference.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.CacheMode;
import dev.inproc.inference.Deadline;
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
import dev.inproc.inference.testing.ThreadDump;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Invariants I1 to I4 and I7 under load, with evictions, failures, cancels, deadlines, closing. */
class CacheLedgerTest {
  private static final long CALLS = Long.getLong("inproc.stress.calls", 60_000);
  private static final long POISONED = 13;
  private static final int THREADS = 6;

  private static final int LONG_LIST = 40;
  private static final int MAX_QUEUED = 24; // less than a long list, and less than all who call
  private static final int DEPTH = 3;
  private static final long HANG_SECONDS = 30;

  private final List<LedgerEngine> engines = new ArrayList<>();
  private final List<BatchingPredictor<Long, Long>> batchers = new ArrayList<>();
  private final List<CachingPredictor<Long, Long>> caches = new ArrayList<>();
  private final AtomicLong asked = new AtomicLong();
  private final AtomicLong nested = new AtomicLong();
  private final AtomicReference<Throwable> wrong = new AtomicReference<>();

  private void open(int ring) {
    for (int i = 0; i < ring; i++) {
      LedgerEngine engine = new LedgerEngine();
      engine.recordNothing();
      engine.poison(POISONED);
      engine.completeFrom(i);
      // One call a run: whom a batch takes with it when it fails is the batcher's to prove.
      BatchingPredictor<Long, Long> batcher =
          Batching.upTo(1).withMaxQueued(MAX_QUEUED).decorate(engine);
      engines.add(engine);
      batchers.add(batcher);
      caches.add(
          Caching.exact(50)
              .withAnswers(Long.class)
              .withAlwaysOn()
              .withRefreshAfter(Duration.ofMillis(1))
              .withFailuresFor(Duration.ofMillis(20)) // seldom hit: an entry of 50 is soon evicted
              .decorate(batcher));
    }
  }

  /**
   * All calls of all kinds, over 200 keys of which 50 fit, on a ring of caches whose calls'
   * callbacks call the next cache.
   *
   * @param closeMillis how long the first cache's close may take, amidst; without a limit if
   *     negative
   */
  @ParameterizedTest
  @CsvSource({"1, -1, 2", "3, -1, 10", "2, 0, 15", "3, 5, 15"})
  void stress_withEvictionsFailuresCancelsAndClosing_nothingIsLostOrMixed(
      int ring, long closeMillis, int part) {
    long seed = System.nanoTime();
    System.out.println("CacheLedgerTest seed " + seed);
    open(ring);
    long calls = CALLS / part;
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      SplittableRandom random = new SplittableRandom(seed + t);
      int number = t % ring;
      Thread thread = new Thread(() -> callMany(number, random, calls / THREADS));
      thread.setDaemon(true);
      threads.add(thread);
      thread.start();
    }
    Await.until("most of the calls", () -> asked.get() > calls * 9 / 10 || wrong.get() != null);
    if (closeMillis >= 0) {
      engines.get(0).block(); // until the engine is told to stop
      var unused = caches.get(0).close(Duration.ofMillis(closeMillis)); // false if a run is slow
    } else {
      caches.get(0).close();
    }
    threads.forEach(CacheLedgerTest::end);
    caches.forEach(CachingPredictor::close);
    if (wrong.get() != null) {
      throw new AssertionError("seed " + seed, wrong.get());
    }
    long requests = 0;
    for (int i = 0; i < ring; i++) {
      LedgerEngine engine = engines.get(i);
      assertEquals(List.of(), engine.violations());
      assertEquals(1, engine.closes());
      CachingMetrics m = caches.get(i).metrics();
      System.out.println(m);
      requests += m.requests();
      assertEquals(0, m.entries());
      assertTrue(m.evictions() > 0 && m.hits() > 0, m.toString());
      assertTrue(part > 2 || m.coalesced() > 0, m.toString());
      assertTrue(part > 2 || m.refreshes() > 0, m.toString());
      BatchingPredictor<Long, Long> batcher = batchers.get(i);
      Await.until("even accounts", () -> isEven(batcher.metrics()));
    }
    assertEquals(asked.get(), requests);
    assertTrue(nested.get() > 0);
  }

  private static boolean isEven(BatchingMetrics b) {
    return b.submitted()
        == b.answered() + b.failed() + b.expired() + b.cancelled() + b.overloaded() + b.closed();
  }

  private static void end(Thread thread) {
    try {
      thread.join(TimeUnit.SECONDS.toMillis(2 * HANG_SECONDS));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    if (thread.isAlive()) {
      ThreadDump.print();
      throw new AssertionError(thread + " hangs");
    }
  }

  /**
   * A call on its way.
   *
   * @param after done when its callback and all calls that this made have ended
   */
  private record Pending(
      long id,
      CallOptions options,
      CompletableFuture<Long> call,
      CompletableFuture<?> after,
      boolean cancelled) {}

  private void callMany(int number, SplittableRandom random, long calls) {
    List<Pending> pending = new ArrayList<>();
    try {
      for (long i = 0; i < calls && wrong.get() == null; i++) {
        callOnce(number, random, pending, DEPTH);
        if (pending.size() >= 32) {
          settle(pending);
        }
      }
      settle(pending);
    } catch (Throwable t) {
      wrong.compareAndSet(null, t);
    }
  }

  private void callOnce(int number, SplittableRandom random, List<Pending> pending, int depth) {
    CachingPredictor<Long, Long> cache = caches.get(number);
    long id = random.nextInt(200);
    CallOptions options = options(random);
    switch (random.nextInt(16)) {
      case 0 -> cache.invalidate(id, options);
      case 1 -> {
        if (random.nextInt(50) == 0) {
          cache.invalidateIf(Long.class, x -> x % 2 == 0);
        }
      }
      case 2, 3 -> {
        int size = random.nextInt(16) == 0 ? LONG_LIST : 4;
        List<Long> list = LongStream.range(id, id + size).map(x -> x % 200).boxed().toList();
        asked.addAndGet(size);
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
        CompletableFuture<?> after = call;
        if (depth > 0 && random.nextInt(8) == 0) {
          SplittableRandom own = random.split();
          after = call.handle((x, e) -> callNext((number + 1) % caches.size(), own, depth - 1));
        }
        boolean cancelled = random.nextInt(8) == 0;
        if (cancelled) {
          call.cancel(false);
        }
        pending.add(new Pending(id, options, call, after, cancelled));
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

  /** In a callback: calls the next cache, and waits for what it began. */
  private boolean callNext(int number, SplittableRandom random, int depth) {
    nested.incrementAndGet();
    List<Pending> pending = new ArrayList<>();
    try {
      callOnce(number, random, pending, depth);
      settle(pending);
    } catch (Throwable t) {
      wrong.compareAndSet(null, t);
    }
    return true;
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
            || (e instanceof DeadlineExceededException && Deadline.isSet(options))
            || e instanceof OverloadedException // a full queue, or too late for a run
            || (e instanceof NotCachedException && options.cacheMode() == CacheMode.ONLY_IF_CACHED);
    if (!allowed) {
      throw new AssertionError("Failed for " + options, e);
    }
  }

  private static void settle(List<Pending> pending) throws Exception {
    for (Pending each : pending) {
      try {
        Long answer = each.call.get(HANG_SECONDS, TimeUnit.SECONDS);
        assertEquals(LedgerModel.f(each.id), answer);
      } catch (CancellationException e) {
        assertTrue(each.cancelled, "Nobody cancelled it");
      } catch (ExecutionException e) {
        checkFailure(each.id == POISONED, e.getCause(), each.options);
      } catch (TimeoutException e) {
        ThreadDump.print();
        throw new AssertionError("A call of " + each.id + " hangs", e);
      }
      if (each.after != each.call) {
        try {
          var unused = each.after.get(HANG_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
          ThreadDump.print();
          throw new AssertionError("A callback of a call of " + each.id + " hangs", e);
        }
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
