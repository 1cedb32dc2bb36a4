package dev.inproc.inference.internal.concurrent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.testing.Await;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RefCountedResourceTest {
  @Test
  void awaitFreed_janitorTakesLong_isBounded() {
    CountDownLatch freeing = new CountDownLatch(1);
    RefCountedResource lifetime =
        new RefCountedResource(
            () -> Await.latch(freeing), task -> new Thread(task, "janitor").start());
    lifetime.close();
    assertFalse(lifetime.awaitFreed(1_000_000));
    freeing.countDown();
    assertTrue(lifetime.awaitFreed(Durations.FOREVER));
  }

  @Test
  void close_withoutUsers_freesAtOnceAndOnce() {
    AtomicInteger freed = new AtomicInteger();
    RefCountedResource lifetime = new RefCountedResource(freed::incrementAndGet);
    assertFalse(lifetime.isClosed());
    lifetime.close();
    lifetime.close();
    assertEquals(1, freed.get());
    assertTrue(lifetime.isClosed());
    assertTrue(lifetime.awaitFreed(0));
    assertFalse(lifetime.acquire());
    assertEquals(1, freed.get());
  }

  @Test
  void close_withUsers_theLastFrees() {
    AtomicInteger freed = new AtomicInteger();
    RefCountedResource lifetime = new RefCountedResource(freed::incrementAndGet);
    assertTrue(lifetime.acquire());
    assertTrue(lifetime.acquire());
    lifetime.close();
    lifetime.release();
    assertFalse(lifetime.acquire());
    assertFalse(lifetime.awaitFreed(0));
    assertEquals(0, freed.get());
    lifetime.release();
    assertEquals(1, freed.get());
  }

  @Test
  void free_throws_waitersAreReleased() {
    RefCountedResource lifetime =
        new RefCountedResource(
            () -> {
              throw new IllegalStateException("stuck");
            });
    assertThrows(IllegalStateException.class, lifetime::close);
    assertTrue(lifetime.awaitFreed(0));
  }

  @Test
  void acquireReleaseClose_concurrently_freeExactlyOnceAndNeverUnderAUser() throws Exception {
    int threads = 4;
    int rounds = 2_000;
    AtomicReference<@Nullable String> broken = new AtomicReference<>();
    AtomicReference<Round> current = new AtomicReference<>(new Round(broken));
    CyclicBarrier barrier = new CyclicBarrier(threads);
    List<Thread> all = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      int me = t;
      Thread thread =
          new Thread(
              () -> {
                try {
                  for (int round = 0; round < rounds; round++) {
                    barrier.await();
                    Round mine = current.get();
                    mine.use(me < 2 ? 20 : round % 20); // two threads close sooner or later
                    mine.lifetime.close();
                    mine.use(3);
                    barrier.await();
                    if (me == 0) {
                      mine.check();
                      current.set(new Round(broken));
                    }
                  }
                } catch (Exception e) {
                  broken.compareAndSet(null, e.toString());
                }
              });
      all.add(thread);
      thread.start();
    }
    all.forEach(Await::end);
    assertEquals(null, broken.get());
  }

  private static final class Round {
    private final AtomicReference<@Nullable String> broken;
    private final AtomicInteger freed = new AtomicInteger();
    private final AtomicInteger users = new AtomicInteger();
    private final RefCountedResource lifetime = new RefCountedResource(this::free);

    Round(AtomicReference<@Nullable String> broken) {
      this.broken = broken;
    }

    private void free() {
      freed.incrementAndGet();
      if (users.get() != 0) {
        broken.compareAndSet(null, "freed under a user");
      }
    }

    void use(int times) {
      for (int i = 0; i < times; i++) {
        if (lifetime.acquire()) {
          users.incrementAndGet();
          if (freed.get() > 0) {
            broken.compareAndSet(null, "entered after it was freed");
          }
          users.decrementAndGet();
          lifetime.release();
        }
      }
    }

    void check() {
      if (freed.get() != 1) {
        broken.compareAndSet(null, "freed " + freed.get() + " times");
      }
    }
  }
}
