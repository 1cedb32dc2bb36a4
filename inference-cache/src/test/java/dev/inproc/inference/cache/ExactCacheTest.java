package dev.inproc.inference.cache;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.CacheMode;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.NotCachedException;
import dev.inproc.inference.OverloadedException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.ManualTimer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** One call after another: hits, modes, scopes, ages, isolation, closing. */
class ExactCacheTest {
  private static final Caching TEXTS = Caching.exact(100).withAnswers(String.class);
  private static final CallOptions ALICE = CallOptions.DEFAULT.withCacheScope("alice");
  private static final CallOptions BOB = CallOptions.DEFAULT.withCacheScope("bob");

  private final ManualTimer timer = new ManualTimer();
  private final AtomicInteger version = new AtomicInteger();
  private final FakeModel<String, String> model = FakeModel.of(x -> x + version.get());

  private CachingPredictor<String, String> cached(Caching caching) {
    return caching.decorate(model, timer);
  }

  private static CallOptions mode(CacheMode mode) {
    return CallOptions.DEFAULT.withCacheMode(mode);
  }

  // ---- hits ----

  @Test
  void secondCall_ofAnyKind_isAnsweredWithoutTheModel() {
    CachingPredictor<String, String> cache = cached(TEXTS);
    assertEquals("a0", cache.predict("a"));
    version.set(1);
    assertEquals("a0", cache.predict("a"));
    assertEquals("a0", Await.value(cache.submit("a")));
    assertEquals(List.of("a0"), cache.predictAll(List.of("a")));
    assertEquals("b1", Await.value(cache.submit("b")));
    assertEquals("b1", cache.predict("b"));
    assertEquals(2, model.runs());
    CachingMetrics m = cache.metrics();
    assertEquals(List.of(4L, 2L, 6L), List.of(m.hits(), m.misses(), m.requests()));
    assertEquals(2, m.entries());
    assertEquals(4 / 6.0, m.hitRatio());
  }

  @Test
  void storesOfTwoModels_neverMix() {
    Predictors two = new Predictors();
    assertEquals("one", two.first.predict("x"));
    assertEquals("two", two.second.predict("x"));
  }

  private static final class Predictors {
    private final CachingPredictor<String, String> first = TEXTS.decorate(FakeModel.of(x -> "one"));
    private final CachingPredictor<String, String> second =
        TEXTS.decorate(FakeModel.of(x -> "two"));
  }

  // ---- scopes ----

  @Test
  void scopes_shareNothing() {
    CachingPredictor<String, String> cache = cached(TEXTS);
    assertEquals("a0", cache.predict("a", ALICE));
    version.set(1);
    assertEquals("a1", cache.predict("a", BOB));
    version.set(2);
    assertEquals("a2", cache.predict("a"));
    assertEquals("a0", cache.predict("a", ALICE));
    cache.invalidateScope("alice");
    assertEquals("a2", cache.predict("a", ALICE));
    assertEquals("a1", cache.predict("a", BOB));
    cache.invalidateScope(null);
    version.set(3);
    assertEquals("a3", cache.predict("a"));
    assertEquals("a1", cache.predict("a", BOB));
  }

  // ---- modes ----

  @Test
  void refresh_runsAndReplaces() {
    CachingPredictor<String, String> cache = cached(TEXTS);
    assertEquals("a0", cache.predict("a"));
    version.set(1);
    assertEquals("a1", cache.predict("a", mode(CacheMode.REFRESH)));
    version.set(2);
    assertEquals("a1", cache.predict("a"));
    assertEquals("a2", Await.value(cache.submit("a", mode(CacheMode.REFRESH))));
    version.set(3);
    assertEquals(List.of("a3"), cache.predictAll(List.of("a"), mode(CacheMode.REFRESH)));
    version.set(4);
    assertEquals("a3", cache.predict("a"));
  }

  @Test
  void bypass_neitherReadsNorWrites() {
    CachingPredictor<String, String> cache = cached(TEXTS);
    assertEquals("a0", cache.predict("a", mode(CacheMode.BYPASS)));
    version.set(1);
    assertEquals("a1", cache.predict("a"));
    version.set(2);
    assertEquals("a2", Await.value(cache.submit("a", mode(CacheMode.BYPASS))));
    assertEquals(List.of("a2"), cache.predictAll(List.of("a"), mode(CacheMode.BYPASS)));
    assertEquals("a1", cache.predict("a"));
    assertEquals(3, cache.metrics().bypassed());
  }

  @Test
  void onlyIfCached_neverRuns() {
    CachingPredictor<String, String> cache = cached(TEXTS);
    CallOptions only = mode(CacheMode.ONLY_IF_CACHED);
    assertSays(
        assertThrows(NotCachedException.class, () -> cache.predict("a", only)), "cached(fake)");
    assertTrue(Await.failure(cache.submit("a", only)) instanceof NotCachedException);
    cache.predict("a");
    assertEquals("a0", cache.predict("a", only));
    assertEquals("a0", Await.value(cache.submit("a", only)));
    assertThrows(NotCachedException.class, () -> cache.predictAll(List.of("a", "b"), only));
    assertEquals(List.of("a0", "a0"), cache.predictAll(List.of("a", "a"), only));
    assertEquals(1, model.runs());
    assertEquals(4, cache.metrics().notCached());
  }

  // ---- invalidating ----

  @Test
  void invalidate_byKeyPredicateAndAll() {
    CachingPredictor<String, String> cache = cached(TEXTS);
    cache.predictAll(List.of("a", "b", "c"));
    version.set(1);
    cache.invalidate("a");
    assertEquals(List.of("a1", "b0", "c0"), cache.predictAll(List.of("a", "b", "c")));
    cache.invalidateIf(String.class, x -> x.equals("b"));
    assertEquals(List.of("a1", "b1", "c0"), cache.predictAll(List.of("a", "b", "c")));
    version.set(2);
    cache.invalidateAll();
    assertEquals(List.of("a2", "b2", "c2"), cache.predictAll(List.of("a", "b", "c")));
  }

  // ---- ages ----

  @Test
  void timeToLive_passed_runsAgain() {
    CachingPredictor<String, String> cache = cached(TEXTS.withTimeToLive(Duration.ofSeconds(10)));
    cache.predict("a");
    version.set(1);
    timer.advanceMillis(9_999);
    assertEquals("a0", cache.predict("a"));
    timer.advanceMillis(2);
    assertEquals("a1", cache.predict("a"));
    assertEquals(1, cache.metrics().expirations());
  }

  @Test
  void refreshAfter_passed_answersOldAndRenewsOnce() {
    FakeModel<String, String> slow = FakeModel.byHand(x -> x + version.get());
    CachingPredictor<String, String> cache =
        TEXTS.withRefreshAfter(Duration.ofSeconds(1)).decorate(slow, timer);
    CompletableFuture<String> first = cache.submit("a", ALICE);
    slow.finish(0);
    assertEquals("a0", Await.value(first));
    version.set(1);
    timer.advanceMillis(999);
    assertEquals("a0", cache.predict("a", ALICE));
    assertEquals(1, slow.runs());
    timer.advanceMillis(1);
    assertEquals("a0", cache.predict("a", ALICE));
    assertEquals("a0", cache.predict("a", ALICE));
    assertEquals(2, slow.runs(), "one refresh for all hits");
    assertEquals("alice", slow.run(1).options().cacheScope());
    slow.finish(1);
    assertEquals("a1", cache.predict("a", ALICE));
    assertEquals(1, cache.metrics().refreshes());
  }

  @Test
  void refresh_fails_keepsTheOldAndTriesLater() {
    FakeModel<String, String> slow = FakeModel.byHand(x -> x + version.get());
    CachingPredictor<String, String> cache =
        TEXTS
            .withRefreshAfter(Duration.ofSeconds(1))
            .withFailuresFor(Duration.ofHours(1))
            .decorate(slow, timer);
    var unused = cache.submit("a");
    slow.finish(0);
    timer.advanceMillis(1_000);
    cache.predict("a");
    slow.fail(1, new EngineException("down", null));
    assertEquals("a0", cache.predict("a"));
    assertEquals(2, slow.runs());
    timer.advanceMillis(1_000);
    assertEquals("a0", cache.predict("a"));
    assertEquals(3, slow.runs());
    assertEquals(1, cache.metrics().failedRefreshes());
    cache.close();
    assertTrue(slow.run(2).future().isCancelled(), "nobody waits for a refresh");
  }

  // ---- failures ----

  @Test
  void failure_isNotKept() {
    FakeModel<String, String> failing =
        FakeModel.of(
            x -> {
              throw new EngineException("broken", null);
            });
    CachingPredictor<String, String> cache = TEXTS.decorate(failing, timer);
    assertThrows(EngineException.class, () -> cache.predict("a"));
    assertThrows(EngineException.class, () -> cache.predict("a"));
    assertEquals(2, failing.runs());
  }

  @Test
  void failuresFor_keepsThoseOfTheInputForAWhile() {
    AtomicInteger kind = new AtomicInteger();
    FakeModel<String, String> failing =
        FakeModel.of(
            x -> {
              throw switch (kind.get()) {
                case 0 -> new InvalidInputException("ids", "at most 8", x);
                case 1 -> new OverloadedException(1, 1, Duration.ZERO);
                default -> EngineException.systemic("device lost", null);
              };
            });
    CachingPredictor<String, String> cache =
        TEXTS.withFailuresFor(Duration.ofSeconds(5)).decorate(failing, timer);
    assertThrows(InvalidInputException.class, () -> cache.predict("a"));
    assertThrows(InvalidInputException.class, () -> cache.predict("a"));
    assertTrue(Await.failure(cache.submit("a")) instanceof InvalidInputException);
    InvalidInputException listed =
        assertThrows(InvalidInputException.class, () -> cache.predictAll(List.of("x", "a", "a")));
    assertEquals(1, listed.index());
    assertEquals(1, failing.runs());
    assertEquals(5, cache.metrics().failureHits());
    timer.advanceMillis(5_000);
    assertThrows(InvalidInputException.class, () -> cache.predict("a"));
    assertEquals(2, failing.runs());
    for (int i = 1; i <= 2; i++) {
      kind.set(i);
      assertThrows(RuntimeException.class, () -> cache.predict("b" + kind));
      assertThrows(RuntimeException.class, () -> cache.predict("b" + kind));
    }
    assertEquals(6, failing.runs(), "what befell the call is not kept");
  }

  // ---- isolation ----

  @Test
  void arrays_areEachCallersOwn() {
    Caching caching = Caching.exact(10).withAnswers(float[].class);
    CachingPredictor<String, float[]> cache =
        caching.decorate(FakeModel.of(x -> new float[] {1, 2}), timer);
    List<float[]> got = new ArrayList<>();
    got.add(cache.predict("a"));
    got.add(Await.value(cache.submit("b")));
    for (String x : List.of("a", "b")) {
      got.add(cache.predict(x));
      got.add(Await.value(cache.submit(x)));
      got.addAll(cache.predictAll(List.of(x, x)));
    }
    got.addAll(cache.predictAll(List.of("c", "c")));
    for (float[] each : got) {
      assertArrayEquals(new float[] {1, 2}, each);
      each[0] = 99;
    }
    for (String x : List.of("a", "b", "c")) {
      assertArrayEquals(new float[] {1, 2}, cache.predict(x));
    }
  }

  @Test
  void deepArrays_areCopiedToTheGround() {
    CachingPredictor<String, float[][]> cache =
        Caching.exact(10)
            .withAnswers(float[][].class)
            .decorate(FakeModel.of(x -> new float[][] {{1}, {2}}), timer);
    cache.predict("a")[0][0] = 99;
    cache.predict("a")[1] = new float[] {99};
    assertArrayEquals(new float[][] {{1}, {2}}, cache.predict("a"));
  }

  @Test
  void copier_declared_isUsed() {
    CachingPredictor<String, StringBuilder> cache =
        Caching.exact(10)
            .withCopiedAnswers(StringBuilder.class, StringBuilder::new)
            .decorate(FakeModel.of(StringBuilder::new), timer);
    cache.predict("a").append("!");
    cache.predict("a").append("?");
    assertEquals("a", cache.predict("a").toString());
  }

  @Test
  void immutableAnswers_areShared() {
    CachingPredictor<String, Tensors> cache =
        Caching.exact(10)
            .withAnswers(Tensors.class)
            .decorate(FakeModel.of(x -> Tensors.of("y", Tensor.of(1f))), timer);
    assertSame(cache.predict("a"), cache.predict("a"));
    assertNotSame(cache.predict("a"), cache.predict("b"));
  }

  @Test
  void textAndItsBytes_areOneKey_otherBytesAreAnother() {
    FakeModel<Tensors, Tensors> counted = FakeModel.of(x -> x);
    CachingPredictor<Tensors, Tensors> cache =
        Caching.exact(10).withAnswers(Tensors.class).decorate(counted, timer);
    byte[] text = "é\uD83D\uDE00".getBytes(StandardCharsets.UTF_8);
    Tensors first = cache.predict(Tensors.of("x", Tensor.of("é\uD83D\uDE00")));
    assertSame(first, cache.predict(Tensors.of("x", Tensor.ofBytes(text))));
    byte[] image = {(byte) 0x89, 'P'};
    assertNotSame(first, cache.predict(Tensors.of("x", Tensor.ofBytes(image))));
    assertSame(
        cache.predict(Tensors.of("x", Tensor.ofBytes(image))),
        cache.predict(Tensors.of("x", Tensor.ofBytes(image.clone()))));
    assertEquals(2, counted.runs());
  }

  private record Reply(String text, double score) {}

  private record Rows(List<String> rows) {}

  @Test
  void build_answersUnknown_saysHow() {
    Caching untold = Caching.exact(10);
    assertSays(
        assertThrows(IllegalStateException.class, () -> untold.decorate(model)),
        "withAnswers(",
        "withImmutableAnswers(",
        "withCopiedAnswers(");
    assertSays(
        assertThrows(IllegalArgumentException.class, () -> untold.withAnswers(Rows.class)),
        "Rows",
        "withImmutableAnswers(Rows.class)",
        "withCopiedAnswers(Rows.class, copier)");
    assertThrows(IllegalArgumentException.class, () -> untold.withAnswers(Rows[].class));
    untold.withAnswers(Reply.class);
    untold.withAnswers(Reply[][].class);
  }

  @Test
  void answer_notOfTheDeclaredType_fails() {
    CachingPredictor<String, Object> cache = TEXTS.decorate(FakeModel.of(x -> 7), timer);
    assertSays(
        assertThrows(IllegalStateException.class, () -> cache.predict("a")),
        "java.lang.String",
        "java.lang.Integer");
    assertTrue(Await.failure(cache.submit("a")) instanceof IllegalStateException);
    assertEquals(0, cache.metrics().entries());
  }

  // ---- bounds ----

  @Test
  void entriesBeyondTheCapacity_areEvicted() {
    CachingPredictor<String, String> cache = cached(TEXTS);
    for (int i = 0; i < 1_000; i++) {
      cache.predict("x" + i);
    }
    CachingMetrics m = cache.metrics();
    assertEquals(100, m.entries());
    assertEquals(900, m.evictions());
  }

  @Test
  void bytesBeyondTheCapacity_areEvicted() {
    Caching caching = Caching.exactBytes(100_000).withAnswers(float[].class);
    CachingPredictor<String, float[]> cache =
        caching.decorate(FakeModel.of(x -> new float[1_000]), timer);
    for (int i = 0; i < 100; i++) {
      cache.predict("x" + i);
    }
    CachingMetrics m = cache.metrics();
    assertTrue(m.entries() >= 20 && m.entries() <= 24, m.toString());
    assertTrue(m.bytes() > 80_000 && m.bytes() <= 100_000, m.toString());
  }

  @Test
  void bytes_ofUnknownTypes_mustBeSaid() {
    Caching caching = Caching.exactBytes(1 << 20).withAnswers(Reply.class);
    assertSays(
        assertThrows(IllegalStateException.class, () -> caching.decorate(model)),
        "withSizes(Reply.class, bytes)");
    CachingPredictor<Reply, Reply> cache =
        caching.withSizes(Reply.class, r -> 1_000).decorate(FakeModel.of(r -> r), timer);
    cache.predict(new Reply("a", 1));
    assertEquals(2_160, cache.metrics().bytes());
  }

  // ---- closing ----

  @Test
  void closed_refusesEverything_andClosesWhatItWraps() {
    CachingPredictor<String, String> cache = cached(TEXTS);
    cache.predict("a");
    cache.close();
    assertEquals(1, model.closes());
    for (CacheMode mode : CacheMode.values()) {
      CallOptions options = mode(mode);
      assertThrows(PredictorClosedException.class, () -> cache.predict("a", options));
      assertTrue(Await.failure(cache.submit("a", options)) instanceof PredictorClosedException);
      assertThrows(PredictorClosedException.class, () -> cache.predictAll(List.of("a"), options));
    }
    assertEquals(0, cache.metrics().entries());
    assertEquals(3L * CacheMode.values().length, cache.metrics().closed());
    assertFalse(cache.metrics().on());
  }

  @Test
  void close_waitsForCallsUnderWay() {
    FakeModel<String, String> slow = FakeModel.byHand(x -> x + "!");
    CachingPredictor<String, String> cache = TEXTS.decorate(slow, timer);
    CompletableFuture<String> call = cache.submit("a");
    Thread closer = new Thread(cache::close);
    closer.start();
    Await.blocked(closer);
    assertEquals(0, slow.closes());
    slow.finish(0);
    assertEquals("a!", Await.value(call));
    Await.end(closer);
    assertEquals(1, slow.closes());
  }

  @Test
  void close_fromACallback_doesNotWaitForItself() {
    FakeModel<String, String> slow = FakeModel.byHand(x -> x + "!");
    CachingPredictor<String, String> cache = TEXTS.decorate(slow, timer);
    CompletableFuture<Void> closed = cache.submit("a").thenRun(cache::close);
    CompletableFuture<String> other = cache.submit("b");
    slow.finish(0);
    Await.value(closed.thenApply(x -> true));
    assertEquals(0, slow.closes());
    slow.finish(1);
    assertEquals("b!", Await.value(other));
    Await.until("the last to leave has it closed", () -> slow.closes() == 1);
  }

  @Test
  void nullArguments_throwAtOnce() {
    CachingPredictor<String, String> cache = cached(TEXTS);
    assertThrows(NullPointerException.class, () -> cache.predict(null));
    assertThrows(NullPointerException.class, () -> cache.submit(null));
    assertThrows(NullPointerException.class, () -> cache.submit("a", null));
    assertThrows(NullPointerException.class, () -> cache.predict("a", null));
  }

  @Test
  void toString_showsTheNesting() {
    assertEquals("cached(fake)", cached(TEXTS).toString());
  }
}
