package dev.inproc.inference.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.CacheMode;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.ManualTimer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Requests, answers and callers that do what they should not. */
class HostileUseTest {
  private static final Caching TEXTS = Caching.exact(100).withAnswers(String.class);
  private static final CallOptions HOUR = CallOptions.timeout(Duration.ofHours(1));

  private final ManualTimer timer = new ManualTimer();

  private <I, O> void assertEnds(CachingPredictor<I, O> cache) {
    Thread closer = new Thread(cache::close);
    closer.start();
    Await.end(closer);
    assertEquals(0, timer.pending(), "timeouts that still wait");
  }

  // ---- requests ----

  /** A request whose methods throw when told to. */
  private static final class Bad {
    private final int number;
    private final AtomicReference<String> throwing;

    Bad(int number, AtomicReference<String> throwing) {
      this.number = number;
      this.throwing = throwing;
    }

    private void check(String method) {
      if (method.equals(throwing.get())) {
        throw new IllegalStateException(method);
      }
    }

    @Override
    public boolean equals(Object other) {
      check("equals");
      return other instanceof Bad bad && number == bad.number;
    }

    @Override
    public int hashCode() {
      check("hashCode");
      return 7;
    }
  }

  @Test
  void keyThatThrows_failsItsCallAlone() {
    AtomicReference<String> throwing = new AtomicReference<>("");
    FakeModel<Bad, String> model = FakeModel.of(x -> "a" + x.number);
    CachingPredictor<Bad, String> cache = TEXTS.decorate(model, timer);
    assertEquals("a1", cache.predict(new Bad(1, throwing)));
    for (String method : List.of("equals", "hashCode")) {
      throwing.set(method);
      Bad bad = new Bad(1, throwing);
      assertThrows(IllegalStateException.class, () -> cache.predict(bad));
      assertThrows(IllegalStateException.class, () -> cache.predict(bad, HOUR));
      assertThrows(IllegalStateException.class, () -> cache.predictAll(List.of(bad, bad)));
      assertInstanceOf(IllegalStateException.class, Await.failure(cache.submit(bad)));
      assertInstanceOf(IllegalStateException.class, Await.failure(cache.submit(bad, HOUR)));
      throwing.set("");
      assertEquals("a1", cache.predict(bad));
    }
    assertEquals(1, model.runs());
    assertEnds(cache);
  }

  @Test
  void keyThatThrowsAsItsRunEnds_tellsAllWhoWait() {
    for (String method : List.of("equals", "hashCode")) {
      AtomicReference<String> throwing = new AtomicReference<>("");
      FakeModel<Bad, String> model = FakeModel.byHand(x -> "a" + x.number);
      CachingPredictor<Bad, String> cache = TEXTS.decorate(model, timer);
      CompletableFuture<String> other = cache.submit(new Bad(2, throwing));
      model.finish(0); // in the same bucket, so that to store means to compare
      assertEquals("a2", Await.value(other));
      CompletableFuture<String> first = cache.submit(new Bad(1, throwing), HOUR);
      CompletableFuture<String> second = cache.submit(new Bad(1, throwing));
      throwing.set(method);
      model.finish(1);
      assertInstanceOf(IllegalStateException.class, Await.failure(first));
      assertInstanceOf(IllegalStateException.class, Await.failure(second));
      throwing.set("");
      assertEnds(cache);
    }
  }

  /** A request that its owner changes. */
  private static final class Changing {
    private int number;

    Changing(int number) {
      this.number = number;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Changing changing && number == changing.number;
    }

    @Override
    public int hashCode() {
      return Objects.hash(number);
    }
  }

  @Test
  void keyChangedWhileItsRunIsUnderWay_isAnsweredAndHoldsNothingUp() {
    FakeModel<Changing, String> model = FakeModel.byHand(x -> "a" + x.number);
    CachingPredictor<Changing, String> cache = TEXTS.decorate(model, timer);
    Changing changed = new Changing(1);
    CompletableFuture<String> call = cache.submit(changed);
    changed.number = 2;
    model.finish(0);
    assertEquals("a2", Await.value(call));
    changed.number = 1;
    CompletableFuture<String> next = cache.submit(new Changing(1)); // not left to join the old run
    if (!next.isDone()) {
      model.finish(1);
    }
    Await.value(next);
    assertEnds(cache);
  }

  @Test
  void tensors_areComparedByTheirBytes() {
    CachingPredictor<Tensors, Long> cache =
        Caching.exact(100)
            .withAnswers(Long.class)
            .decorate(FakeModel.of(x -> System.nanoTime()), timer);
    float quiet = Float.NaN;
    float other = Float.intBitsToFloat(0x7fc00001);
    List<Tensors> distinct = new ArrayList<>();
    for (float value : new float[] {0f, -0f, quiet, other}) {
      distinct.add(Tensors.of("x", bits(value)));
    }
    List<Long> answers = distinct.stream().map(cache::predict).toList();
    assertEquals(4, answers.stream().distinct().count());
    assertEquals(4, cache.metrics().entries());
    assertEquals(answers.get(3), cache.predict(Tensors.of("x", bits(other))), "a NaN hits itself");
    assertEnds(cache);
  }

  private static Tensor bits(float value) {
    return Tensor.fill(
        DataType.FLOAT32, Shape.of(1), buffer -> buffer.putInt(Float.floatToRawIntBits(value)));
  }

  @Test
  void arrays_withZerosOfBothSignsAndNaN() {
    CachingPredictor<float[], Integer> cache = counting();
    assertEquals(0, cache.predict(new float[] {0f}));
    assertEquals(1, cache.predict(new float[] {-0f}));
    assertEquals(2, cache.predict(new float[] {Float.NaN}));
    assertEquals(2, cache.predict(new float[] {Float.NaN}));
    assertEnds(cache);
  }

  private <I> CachingPredictor<I, Integer> counting() {
    AtomicInteger count = new AtomicInteger();
    FakeModel<I, Integer> model = FakeModel.of(x -> count.getAndIncrement());
    return Caching.exact(100).withAnswers(Integer.class).decorate(model, timer);
  }

  @Test
  void emptyScope_isAScopeAndNullIsNone() {
    CachingPredictor<String, Integer> cache = counting();
    CallOptions empty = CallOptions.DEFAULT.withCacheScope("");
    assertEquals(0, cache.predict("a"));
    assertEquals(1, cache.predict("a", empty));
    cache.invalidateScope("");
    assertEquals(0, cache.predict("a"));
    assertEquals(2, cache.predict("a", empty));
    assertThrows(NullPointerException.class, () -> empty.withCacheScope(null));
    assertEnds(cache);
  }

  // ---- answers ----

  @Test
  void nullAnswer_isKeptLikeAnyOther() {
    FakeModel<String, String> model = FakeModel.of(x -> null);
    CachingPredictor<String, String> cache =
        Caching.exactBytes(10_000).withAnswers(String.class).decorate(model, timer);
    assertNull(cache.predict("a"));
    assertNull(cache.predict("a"));
    assertNull(cache.submit("a").join());
    assertEquals(1, model.runs());
    assertEnds(cache);
  }

  @Test
  void copierThatThrows_failsEachCall_andLosesNothing() {
    FakeModel<String, StringBuilder> model = FakeModel.byHand(StringBuilder::new);
    CachingPredictor<String, StringBuilder> cache =
        Caching.exact(10)
            .withCopiedAnswers(
                StringBuilder.class,
                x -> {
                  throw new IllegalStateException("no copy");
                })
            .decorate(model, timer);
    CompletableFuture<StringBuilder> first = cache.submit("a", HOUR);
    CompletableFuture<StringBuilder> second = cache.submit("a");
    model.finish(0);
    assertInstanceOf(IllegalStateException.class, Await.failure(first));
    assertInstanceOf(IllegalStateException.class, Await.failure(second));
    assertThrows(IllegalStateException.class, () -> cache.predict("a"));
    assertInstanceOf(IllegalStateException.class, Await.failure(cache.submit("a")));
    assertEnds(cache);
  }

  @Test
  void sizesOfAnyKind_neverOverflow() {
    for (long size : new long[] {Long.MAX_VALUE, Integer.MAX_VALUE, 0, -1, Long.MIN_VALUE}) {
      CachingPredictor<String, Reply> cache =
          Caching.exactBytes(100_000)
              .withAnswers(Reply.class)
              .withSizes(Reply.class, x -> size)
              .decorate(FakeModel.of(Reply::new), timer);
      for (int i = 0; i < 10; i++) {
        assertEquals("x" + i, cache.predict("x" + i).text());
      }
      CachingMetrics m = cache.metrics();
      assertEquals(size > 100_000 ? 0 : 10, m.entries(), "of size " + size);
      assertTrue(m.bytes() >= 0 && m.bytes() <= 100_000, m.toString());
      assertEnds(cache);
    }
  }

  private record Reply(String text) {}

  @Test
  void hundredThousandKeys_withinABoundInBytes() {
    long bound = 1 << 20;
    FakeModel<Integer, float[]> model = FakeModel.of(x -> new float[x % 100]);
    CachingPredictor<Integer, float[]> cache =
        Caching.exactBytes(bound).withAnswers(float[].class).withAlwaysOn().decorate(model, timer);
    for (int i = 0; i < 100_000; i++) {
      assertEquals(i % 100, cache.predict(i).length);
    }
    CachingMetrics m = cache.metrics();
    assertTrue(m.bytes() <= bound && m.bytes() > bound * 9 / 10, m.toString());
    assertEquals(100_000, m.entries() + m.evictions());
    assertEnds(cache);
  }

  // ---- times ----

  @Test
  void times_zeroNegativeAndEndless() {
    for (Duration wrong : List.of(Duration.ZERO, Duration.ofNanos(-1))) {
      assertThrows(IllegalArgumentException.class, () -> TEXTS.withTimeToLive(wrong));
      assertThrows(IllegalArgumentException.class, () -> TEXTS.withRefreshAfter(wrong));
      assertThrows(IllegalArgumentException.class, () -> TEXTS.withFailuresFor(wrong));
    }
    Duration endless = Duration.ofSeconds(Long.MAX_VALUE);
    FakeModel<String, String> model = FakeModel.of(x -> x);
    CachingPredictor<String, String> cache =
        TEXTS
            .withTimeToLive(endless)
            .withRefreshAfter(endless)
            .withFailuresFor(endless)
            .decorate(model, timer);
    timer.advance(Long.MAX_VALUE - 10); // a clock about to pass its greatest number
    cache.predict("a");
    timer.advance(Duration.ofDays(365).toNanos());
    cache.predict("a");
    assertEquals(1, model.runs());
    assertEquals(0, cache.metrics().refreshes());
    assertEnds(cache);
  }

  // ---- callbacks ----

  @Test
  void callback_doesAnythingWithItsOwnCache() {
    FakeModel<String, String> model = FakeModel.byHand(x -> x + "!");
    CachingPredictor<String, String> cache = TEXTS.decorate(model, timer);
    List<String> seen = new ArrayList<>();
    CompletableFuture<Void> done =
        cache
            .submit("a")
            .thenAccept(
                answer -> {
                  seen.add(cache.predict("a"));
                  cache.invalidate("a");
                  cache.invalidateIf(String.class, x -> true);
                  cache.invalidateAll();
                  CompletableFuture<Void> again = cache.submit("a").thenAccept(seen::add);
                  model.finish(1);
                  again.join();
                  seen.add("" + cache.metrics().misses());
                });
    model.finish(0);
    done.join();
    assertEquals(List.of("a!", "a!", "2"), seen);
    assertEnds(cache);
  }

  @Test
  void predicate_callsTheCacheOrThrows() {
    FakeModel<String, String> model = FakeModel.of(x -> x + "!");
    CachingPredictor<String, String> cache = TEXTS.decorate(model, timer);
    cache.predictAll(List.of("a", "b", "c"));
    cache.invalidateIf(String.class, x -> cache.predict(x).equals("b!"));
    assertEquals(2, cache.metrics().entries());
    RuntimeException broken = new IllegalStateException("broken");
    assertSame(
        broken,
        assertThrows(
            IllegalStateException.class,
            () ->
                cache.invalidateIf(
                    String.class,
                    x -> {
                      throw broken;
                    })));
    assertEquals(
        "a!", cache.predict("a", CallOptions.DEFAULT.withCacheMode(CacheMode.ONLY_IF_CACHED)));
    assertEnds(cache);
  }

  @Test
  void closedWhileCallsAreMade_leavesNoTimeoutBehind() {
    CachingPredictor<String, String> cache = TEXTS.decorate(FakeModel.of(x -> x), timer);
    assertEnds(cache);
    assertThrows(PredictorClosedException.class, () -> cache.predict("a", HOUR));
    assertInstanceOf(PredictorClosedException.class, Await.failure(cache.submit("a", HOUR)));
    assertThrows(PredictorClosedException.class, () -> cache.predictAll(List.of("a"), HOUR));
    assertEquals(0, timer.pending());
  }
}
