package dev.inproc.inference.cache;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.CacheMode;
import dev.inproc.inference.Codec;
import dev.inproc.inference.DeadlineExceededException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.VirtualThreads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/** Runs that wait for themselves or for each other fail at once. */
class WaitCycleTest {
  private static final CallOptions HOUR = CallOptions.timeout(Duration.ofHours(1));
  private static final Caching TEXTS = Caching.exact(100).withAnswers(String.class).withAlwaysOn();

  /** Every way in which a call waits for a cache. */
  private static final Map<String, BiFunction<Predictor<String, String>, String, String>> WAYS =
      new LinkedHashMap<>();

  static {
    WAYS.put("predict", Predictor::predict);
    WAYS.put("predict, timed", (cache, x) -> cache.predict(x, HOUR));
    WAYS.put("join", (cache, x) -> cache.submit(x).join());
    WAYS.put("join, timed", (cache, x) -> cache.submit(x, HOUR).join());
    WAYS.put("get", (cache, x) -> get(cache.submit(x)));
    WAYS.put("list", (cache, x) -> cache.predictAll(List.of(x)).get(0));
    WAYS.put("list, timed", (cache, x) -> cache.predictAll(List.of("other", x), HOUR).get(1));
    WAYS.put("answers", (cache, x) -> cache.answers().predict(x).value());
    WAYS.put("answers, list", (cache, x) -> cache.answers().predictAll(List.of(x)).get(0).value());
    WAYS.put(
        "refresh",
        (cache, x) -> cache.predict(x, CallOptions.DEFAULT.withCacheMode(CacheMode.REFRESH)));
  }

  private static String get(CompletableFuture<String> future) {
    try {
      return future.get();
    } catch (Exception e) {
      throw new CompletionException(e.getCause());
    }
  }

  /** The first way calls from outside, each second one from within the run. */
  @Test
  void runThatAsksForItsOwnKey_failsAtOnce() {
    WAYS.forEach(
        (outer, outside) ->
            WAYS.forEach(
                (inner, inside) -> {
                  AtomicReference<Predictor<String, String>> self = new AtomicReference<>();
                  CachingPredictor<String, String> cache =
                      TEXTS.decorate(
                          FakeModel.of(x -> x.equals("a") ? inside.apply(self.get(), x) : x + "!"));
                  self.set(cache);
                  Throwable failure = failureOn(() -> call(outside, cache, "a"));
                  assertCycle(
                      failure, outer + " / " + inner, "Recursive use of a cache: the run for \"");
                  assertEquals("b!", cache.predict("b"), "the cache serves on");
                  Await.end(new Thread(cache::close));
                }));
  }

  @Test
  void twoKeysThatWaitForEachOther_failAtOnce() {
    WAYS.forEach(
        (name, way) -> {
          CountDownLatch both = new CountDownLatch(2);
          AtomicReference<Predictor<String, String>> self = new AtomicReference<>();
          CachingPredictor<String, String> cache =
              TEXTS.decorate(
                  FakeModel.of(
                      x -> {
                        if (x.equals("other")) {
                          return x;
                        }
                        meet(both);
                        return way.apply(self.get(), x.equals("a") ? "b" : "a");
                      }));
          self.set(cache);
          CompletableFuture<Throwable> one = start(() -> call(way, cache, "a"));
          CompletableFuture<Throwable> two = start(() -> call(way, cache, "b"));
          assertCycle(Await.value(one), name, "Recursive use of a cache: the run for \"");
          assertCycle(Await.value(two), name, "Recursive use of a cache: the run for \"");
        });
  }

  @Test
  void ringOfThree_acrossTwoCaches_failsAtOnce() {
    CountDownLatch all = new CountDownLatch(3);
    List<Predictor<String, String>> caches = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      caches.add(
          TEXTS.decorate(
              FakeModel.of(
                  x -> {
                    meet(all);
                    int next = (Integer.parseInt(x) + 1) % 3;
                    return caches.get(next % 2).predict("" + next);
                  })));
    }
    List<CompletableFuture<Throwable>> failures = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      String x = "" + i;
      failures.add(start(() -> caches.get(Integer.parseInt(x) % 2).predict(x)));
    }
    failures.forEach(failure -> assertCycle(Await.value(failure), "ring", "Recursive use"));
  }

  @Test
  void encoderAndDecoderThatAskForTheirOwnKey_failAtOnce() {
    for (boolean encodes : new boolean[] {true, false}) {
      AtomicReference<Predictor<String, String>> self = new AtomicReference<>();
      FakeModel<Tensors, Tensors> model = FakeModel.of(x -> x);
      Codec<String, String> codec =
          Codec.of(
              x -> {
                if (encodes) {
                  self.get().predict(x);
                }
                return Tensors.of("x", Tensor.of(Shape.of(1), 1L));
              },
              y -> encodes ? "y" : self.get().predict("a"));
      CachingPredictor<String, String> cache = TEXTS.decorate(model.with(codec));
      self.set(cache);
      assertCycle(failureOn(() -> cache.predict("a")), "codec", "Recursive use");
      if (encodes) {
        assertCycle(failureOn(() -> cache.submit("a").join()), "codec", "Recursive");
      }
    }
  }

  @Test
  void stackedCaches_runThatAsksTheOuterOne_failsAtOnce() {
    AtomicReference<Predictor<String, String>> outer = new AtomicReference<>();
    CachingPredictor<String, String> cache =
        TEXTS.decorate(TEXTS.decorate(FakeModel.of(x -> outer.get().predict(x))));
    outer.set(cache);
    assertCycle(failureOn(() -> cache.predict("a")), "stack", "Recursive use");
    assertCycle(failureOn(() -> cache.submit("a").join()), "stack", "Recursive use");
    assertCycle(failureOn(() -> cache.predictAll(List.of("a", "b"))), "stack", "Recursive");
  }

  @Test
  void virtualThreads_areSeenToo() {
    AtomicReference<Predictor<String, String>> self = new AtomicReference<>();
    CachingPredictor<String, String> cache =
        TEXTS.decorate(FakeModel.of(x -> self.get().predict(x)));
    self.set(cache);
    CompletableFuture<Throwable> failure = new CompletableFuture<>();
    VirtualThreads.unstarted(() -> failure.complete(thrown(() -> cache.predict("a")))).start();
    assertCycle(Await.value(failure), "virtual", "Recursive use");
  }

  // ---- no cycle ----

  /** A run may hand its own future on without waiting for it, and may ask for other keys. */
  @Test
  void runsWithoutACycle_areAnswered() {
    AtomicReference<Predictor<String, String>> self = new AtomicReference<>();
    AtomicReference<CompletableFuture<String>> own = new AtomicReference<>();
    CachingPredictor<String, String> cache =
        TEXTS.decorate(
            FakeModel.of(
                x -> {
                  if (x.isEmpty()) {
                    return "";
                  }
                  own.compareAndSet(null, self.get().submit(x).thenApply(y -> y + "?"));
                  String rest = self.get().predict(x.substring(1));
                  return self.get().predictAll(List.of(x.substring(1), "")).get(0).equals(rest)
                      ? x + rest
                      : "differs";
                }));
    self.set(cache);
    assertNull(failureOn(() -> assertEquals("abcbcc", cache.predict("abc"))));
    assertEquals("abcbcc?", Await.value(own.get()));
  }

  /** What cannot be seen is bounded by the call's timeout. */
  @Test
  void runOnAnotherThread_isNotSeen_andTheTimeoutEndsIt() {
    AtomicReference<Predictor<String, String>> self = new AtomicReference<>();
    FakeModel<String, String> model = FakeModel.byHand(x -> x);
    CachingPredictor<String, String> cache = TEXTS.decorate(model);
    self.set(cache);
    CompletableFuture<String> first = cache.submit("a");
    CallOptions soon = CallOptions.timeout(Duration.ofMillis(20));
    Throwable failure = failureOn(() -> self.get().predict("a", soon));
    assertInstanceOf(DeadlineExceededException.class, failure);
    model.finish(0);
    assertEquals("a", Await.value(first));
  }

  // ---- helpers ----

  private static void call(
      BiFunction<Predictor<String, String>, String, String> way,
      Predictor<String, String> cache,
      String input) {
    var unused = way.apply(cache, input);
  }

  private static void assertCycle(Throwable failure, String what, String says) {
    Throwable cause = failure;
    while (cause instanceof CompletionException) {
      cause = cause.getCause();
    }
    assertTrue(cause instanceof IllegalStateException, what + ": " + cause);
    assertSays(cause, says);
  }

  private static Throwable failureOn(Runnable call) {
    return Await.value(start(call).thenApply(Optional::ofNullable)).orElse(null);
  }

  private static CompletableFuture<Throwable> start(Runnable call) {
    CompletableFuture<Throwable> failure = new CompletableFuture<>();
    Thread thread = new Thread(() -> failure.complete(thrown(call)));
    thread.setDaemon(true);
    thread.start();
    return failure;
  }

  private static Throwable thrown(Runnable call) {
    try {
      call.run();
      return null;
    } catch (Throwable t) {
      return t;
    }
  }

  /** Waits for the others; a second run for a key does not. */
  private static void meet(CountDownLatch others) {
    others.countDown();
    Await.latch(others);
  }
}
