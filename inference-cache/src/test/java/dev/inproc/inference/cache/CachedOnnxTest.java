package dev.inproc.inference.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Codec;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The whole way of a request: cache, codec, batcher, ONNX Runtime. */
class CachedOnnxTest {
  private static final int KEYS = 400;

  private final CachingPredictor<Long, Long> cache =
      Caching.exact(KEYS / 4)
          .withAnswers(Long.class)
          .withAlwaysOn()
          .withRefreshAfter(Duration.ofMillis(5))
          .decorate(
              new OnnxEngine()
                  .load(ModelSource.bytes("ledger", Models.ledger()))
                  .with(Batching.upTo(16))
                  .with(new Ids()));

  /** A line that tells any two ids apart. */
  private static long f(long id) {
    return id * 1_000_003 + 7;
  }

  private static final class Ids implements Codec<Long, Long> {
    @Override
    public Tensors encode(Long id) {
      return Tensors.of("id", Tensor.of(Shape.scalar(), id));
    }

    @Override
    public Long decode(Tensors answer) {
      return answer.get("answer").getLong(0);
    }
  }

  /** On virtual threads where the JVM has them. */
  private static void start(Runnable caller) {
    try {
      Method start = Thread.class.getMethod("startVirtualThread", Runnable.class);
      Object unused = start.invoke(null, caller);
    } catch (NoSuchMethodException e) {
      Thread thread = new Thread(caller);
      thread.setDaemon(true);
      thread.start();
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("startVirtualThread", e);
    }
  }

  @Test
  void stampede_ofAThousandThreads_isOneRun() {
    AtomicInteger right = new AtomicInteger();
    AtomicInteger ended = new AtomicInteger();
    for (int i = 0; i < 1_000; i++) {
      start(
          () -> {
            if (cache.predict(7L) == f(7)) {
              right.incrementAndGet();
            }
            ended.incrementAndGet();
          });
    }
    Await.until("all to end", () -> ended.get() == 1_000);
    assertEquals(1_000, right.get());
    assertEquals(1, cache.metrics().misses());
    cache.close();
  }

  @Test
  void everythingAtOnce_closedAmidst_mixesNothing() {
    long seed = System.nanoTime();
    System.out.println("CachedOnnxTest seed " + seed);
    AtomicReference<Throwable> wrong = new AtomicReference<>();
    AtomicInteger ended = new AtomicInteger();
    AtomicLong asked = new AtomicLong();
    int callers = 32;
    for (int i = 0; i < callers; i++) {
      SplittableRandom random = new SplittableRandom(seed + i);
      start(
          () -> {
            try {
              for (int n = 0; n < 1_500; n++) {
                call(random, asked);
              }
            } catch (PredictorClosedException e) {
              // as it is to end
            } catch (Throwable t) {
              wrong.compareAndSet(null, t);
            }
            ended.incrementAndGet();
          });
    }
    Await.until("half of the calls", () -> asked.get() > callers * 750L || wrong.get() != null);
    CachingMetrics m = cache.metrics();
    cache.close();
    Await.until("all to end", () -> ended.get() == callers);
    if (wrong.get() != null) {
      throw new AssertionError("seed " + seed, wrong.get());
    }
    assertTrue(m.hits() > 0 && m.misses() > 0 && m.evictions() > 0, m.toString());
    System.out.println(cache.metrics());
  }

  private void call(SplittableRandom random, AtomicLong asked) {
    long id = random.nextInt(KEYS);
    CallOptions options =
        random.nextInt(4) == 0
            ? CallOptions.DEFAULT.withCacheScope("tenant")
            : CallOptions.DEFAULT.withOverload(CallOptions.Overload.WAIT);
    asked.incrementAndGet();
    switch (random.nextInt(6)) {
      case 0 -> {
        List<Long> ids = LongStream.range(id, id + 8).boxed().toList();
        assertEquals(ids.stream().map(CachedOnnxTest::f).toList(), cache.predictAll(ids, options));
      }
      case 1 -> {
        // A submit never waits for room; 10,000 may wait here.
        CallOptions atOnce = options.withOverload(CallOptions.Overload.FAIL);
        CompletableFuture<Long> call = cache.submit(id, atOnce);
        if (random.nextInt(3) == 0) {
          call.cancel(false);
        } else {
          assertEquals(f(id), valueOf(call));
        }
      }
      case 2 -> // from a callback, which may be on the batcher's own thread
          assertEquals(f(id + 1), valueOf(cache.submit(id).thenApply(x -> cache.predict(id + 1))));
      case 3 -> cache.invalidate(id, options);
      default -> assertEquals(f(id), cache.predict(id, options));
    }
  }

  private static long valueOf(CompletableFuture<Long> call) {
    Await.until("a call to end", call::isDone);
    if (call.isCompletedExceptionally()
        && Await.failure(call) instanceof PredictorClosedException closed) {
      throw closed;
    }
    return call.join();
  }

  @Test
  void listThroughABorrowedView_isAnsweredByTheModel() {
    try (Predictor<Long, Long> borrowed = cache.borrowed()) {
      List<Long> ids = new ArrayList<>(List.of(1L, 2L, 1L));
      assertEquals(List.of(f(1), f(2), f(1)), borrowed.predictAll(ids));
    }
    assertEquals("cached(codec(batched(onnx:ledger)))", cache.toString());
    cache.close();
  }
}
