package dev.inproc.inference.cache;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.CacheMode;
import dev.inproc.inference.testing.ManualTimer;
import org.junit.jupiter.api.Test;

/**
 * A cache around a model that takes no time on the manual clock saves nothing, whatever its
 * look-ups take; around one whose runs take a second each, nearly everything.
 */
class CacheCircuitBreakerTest {
  private final ManualTimer timer = new ManualTimer();
  private final Caching texts = Caching.exact(10_000).withAnswers(Integer.class);
  private final FakeModel<Integer, Integer> free = FakeModel.of(x -> x);

  private static void call(CachingPredictor<Integer, Integer> cache, int calls, int inputs) {
    for (int i = 0; i < calls; i++) {
      assertEquals(i % inputs, cache.predict(i % inputs));
    }
  }

  @Test
  void hitsThatSaveNothing_switchOffForAWhile() {
    CachingPredictor<Integer, Integer> cache = texts.decorate(free, timer);
    call(cache, 4 * PayoffEstimator.WINDOW, 10);
    assertFalse(cache.metrics().on());
    assertEquals(1, cache.metrics().timesOff());
    assertSays(cache.toString(), "cached[off](fake)");
    int runs = free.runs();
    call(cache, 100, 10);
    assertEquals(runs + 100, free.runs(), "calls go through");
    assertTrue(cache.metrics().bypassed() >= 100);
    timer.advanceMillis(999);
    assertFalse(cache.metrics().on());
    timer.advanceMillis(1);
    assertTrue(cache.metrics().on(), "a trial");
    runs = free.runs();
    call(cache, 100, 10);
    assertEquals(runs, free.runs(), "with what it had");
    call(cache, 4 * PayoffEstimator.WINDOW, 10);
    assertFalse(cache.metrics().on());
    timer.advanceMillis(1_999);
    assertFalse(cache.metrics().on(), "longer after each trial that fails");
    timer.advanceMillis(1);
    assertTrue(cache.metrics().on());
    cache.close();
    assertEquals(0, timer.pending());
  }

  @Test
  void modesThatNameTheCache_workWhileItIsOff() {
    CachingPredictor<Integer, Integer> cache = texts.decorate(free, timer);
    call(cache, 4 * PayoffEstimator.WINDOW, 10);
    assertFalse(cache.metrics().on());
    int runs = free.runs();
    cache.predict(3, CallOptions.DEFAULT.withCacheMode(CacheMode.ONLY_IF_CACHED));
    assertEquals(runs, free.runs());
  }

  @Test
  void missesAlone_switchOff() {
    CachingPredictor<Integer, Integer> cache = texts.decorate(free, timer);
    call(cache, 2 * PayoffEstimator.WINDOW, Integer.MAX_VALUE);
    assertFalse(cache.metrics().on());
  }

  @Test
  void submitsThatMiss_switchOff() {
    CachingPredictor<Integer, Integer> cache = texts.decorate(free, timer);
    for (int i = 0; i < 2 * PayoffEstimator.WINDOW; i++) {
      var unused = cache.submit(i);
    }
    assertFalse(cache.metrics().on());
  }

  @Test
  void hitsThatSaveMuch_stayOn() {
    FakeModel<Integer, Integer> slow =
        FakeModel.of(
            x -> {
              timer.advanceMillis(1_000);
              return x;
            });
    CachingPredictor<Integer, Integer> cache = texts.decorate(slow, timer);
    call(cache, 8 * PayoffEstimator.WINDOW, 10);
    assertTrue(cache.metrics().on());
    assertEquals(0, cache.metrics().timesOff());
    long seconds = cache.metrics().timeSaved().toSeconds();
    assertEquals(8 * PayoffEstimator.WINDOW - 10, seconds);
  }

  @Test
  void alwaysOn_staysOn() {
    CachingPredictor<Integer, Integer> cache = texts.withAlwaysOn().decorate(free, timer);
    call(cache, 4 * PayoffEstimator.WINDOW, 10);
    assertTrue(cache.metrics().on());
  }
}
