package dev.inproc.inference.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.ManualTimer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * Interleavings forced one by one: every step of the cache begins with a key's {@code hashCode}, so
 * a key that has the other call made within its n-th {@code hashCode} puts that call between any
 * two steps of the first.
 */
class CacheRacesTest {
  private static final Caching TEXTS = Caching.exact(100).withAnswers(String.class);

  private final ManualTimer timer = new ManualTimer();
  private final AtomicInteger version = new AtomicInteger();

  /** A key that does something within one of its hashings on the thread of the test. */
  private static final class Key {
    private final Thread thread = Thread.currentThread();
    private int countdown;
    private Runnable action = () -> {};

    Key() {}

    /** Returns one whose action comes within the n-th hashing, from 1. */
    Key(int nth, Runnable action) {
      countdown = nth;
      this.action = action;
    }

    boolean hasActed() {
      return countdown <= 0;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Key;
    }

    @Override
    public int hashCode() {
      if (Thread.currentThread() == thread && --countdown == 0) {
        action.run();
      }
      return 1;
    }
  }

  /** Tries the n-th, for each n that comes before the call ends; at least so many are expected. */
  private static void forEachStep(int atLeast, Step step) {
    int n = 1;
    while (step.actsWithin(n)) {
      n++;
    }
    assertTrue(n > atLeast, "only " + (n - 1) + " steps");
  }

  private interface Step {
    boolean actsWithin(int nth);
  }

  @Test
  void wholeCall_betweenAnyStepsOfAnother_isOneRun() {
    forEachStep(
        3,
        n -> {
          FakeModel<Key, String> model = FakeModel.of(x -> "a");
          CachingPredictor<Key, String> cache = TEXTS.decorate(model, timer);
          Key key = new Key(n, () -> assertJoinsOrHits(cache, model));
          assertEquals("a", cache.predict(key));
          assertEquals(1, model.runs(), "within step " + n);
          cache.close();
          return key.hasActed();
        });
  }

  /** While the first runs the model on this thread, the other must not wait for it. */
  private static void assertJoinsOrHits(
      CachingPredictor<Key, String> cache, FakeModel<Key, String> model) {
    CompletableFuture<String> other = cache.submit(new Key());
    assertTrue(other.isDone() || model.runs() <= 1);
  }

  @Test
  void callWithinAnyStepOfARunsEnd_isOneRun() {
    forEachStep(
        2,
        n -> {
          FakeModel<Key, String> model = FakeModel.byHand(x -> "a");
          CachingPredictor<Key, String> cache = TEXTS.decorate(model, timer);
          Key key = new Key();
          CompletableFuture<String> first = cache.submit(key);
          CompletableFuture<String> second = new CompletableFuture<>();
          key.countdown = n;
          key.action = () -> relay(cache.submit(new Key()), second);
          model.finish(0);
          assertEquals("a", Await.value(first));
          boolean acted = key.hasActed();
          assertEquals(1, model.runs(), "within step " + n);
          if (acted) {
            assertEquals("a", Await.value(second));
          }
          cache.close();
          return acted;
        });
  }

  private static void relay(CompletableFuture<String> from, CompletableFuture<String> to) {
    var unused = from.thenAccept(to::complete);
  }

  @Test
  void runEndsWithinAnyStepOfInvalidating_isNotKept() {
    assertNeverStale(cache -> key -> cache.invalidate(key));
    assertNeverStale(
        cache ->
            key ->
                cache.invalidateIf(
                    Key.class,
                    x -> {
                      var unused = key.hashCode();
                      return true;
                    }));
  }

  private interface Invalidation {
    Consumer<Key> of(CachingPredictor<Key, String> cache);
  }

  private void assertNeverStale(Invalidation invalidation) {
    forEachStep(
        1,
        n -> {
          FakeModel<Key, String> model = FakeModel.byHand(x -> "v" + version.get());
          CachingPredictor<Key, String> cache = TEXTS.decorate(model, timer);
          CompletableFuture<String> before = cache.submit(new Key());
          int old = version.get();
          Key key =
              new Key(
                  n,
                  () -> {
                    model.finish(0);
                    version.incrementAndGet();
                  });
          invalidation.of(cache).accept(key);
          boolean acted = key.hasActed();
          if (!acted) {
            model.finish(0);
            version.incrementAndGet();
          }
          assertEquals("v" + old, Await.value(before));
          CompletableFuture<String> after = cache.submit(new Key());
          assertEquals(2, model.runs(), "within step " + n);
          model.finish(1);
          assertEquals("v" + version.get(), Await.value(after));
          cache.close();
          return acted;
        });
  }

  @Test
  void closedWithinAnyStepOfACall_endsAndLeavesNothing() {
    CallOptions hour = CallOptions.timeout(Duration.ofHours(1));
    forEachStep(
        3,
        n -> {
          FakeModel<Key, String> model = FakeModel.of(x -> "a");
          CachingPredictor<Key, String> cache = TEXTS.decorate(model, timer);
          Thread closer = new Thread(cache::close);
          Key key =
              new Key(
                  n,
                  () -> {
                    closer.start();
                    Await.blocked(closer); // till it waits for this call, or is done
                  });
          CompletableFuture<String> call = cache.submit(key, hour);
          boolean acted = key.hasActed();
          if (!acted) {
            closer.start();
          }
          if (call.isCompletedExceptionally()) {
            assertTrue(Await.failure(call) instanceof PredictorClosedException);
          } else {
            assertEquals("a", Await.value(call));
          }
          Await.end(closer);
          assertEquals(0, timer.pending(), "timeouts that still wait, within step " + n);
          assertEquals(1, model.closes());
          assertThrows(PredictorClosedException.class, () -> cache.predict(new Key()));
          return acted;
        });
  }
}
