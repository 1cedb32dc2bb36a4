package dev.inproc.inference.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.internal.concurrent.Workers;
import dev.inproc.inference.testing.Await;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LoadQueueTest {
  private final LoadQueue queue = new LoadQueue();
  private final CountDownLatch isHeld = new CountDownLatch(1);
  private final CountDownLatch release = new CountDownLatch(1);

  private LoadQueue.Entry add(Runnable load) {
    LoadQueue.Entry entry = new LoadQueue.Entry(Workers.shared(), load);
    queue.add(entry);
    return entry;
  }

  private LoadQueue.Entry hold() {
    LoadQueue.Entry entry =
        add(
            () -> {
              isHeld.countDown();
              Await.latch(release);
            });
    Await.latch(isHeld);
    return entry;
  }

  @Test
  void loads_runOneAtATimeInTheirOrder() {
    int count = 200;
    AtomicInteger active = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<Integer> order = Collections.synchronizedList(new ArrayList<>());
    List<Integer> expected = new ArrayList<>();
    CountDownLatch done = new CountDownLatch(count);
    hold();
    for (int i = 0; i < count; i++) {
      int number = i;
      expected.add(i);
      add(
          () -> {
            most.accumulateAndGet(active.incrementAndGet(), Math::max);
            order.add(number);
            active.decrementAndGet();
            done.countDown();
          });
    }
    assertEquals(List.of(), order);
    release.countDown();
    Await.latch(done);
    assertEquals(expected, order);
    assertEquals(1, most.get());
  }

  @Test
  void loadThatFails_holdsUpNoOther() {
    CountDownLatch done = new CountDownLatch(1);
    add(
        () -> {
          throw new IllegalStateException("planned");
        });
    add(done::countDown);
    Await.latch(done);
  }

  @Test
  void loadThatWaits_givenUp_neverRuns() {
    AtomicBoolean hasRun = new AtomicBoolean();
    CountDownLatch done = new CountDownLatch(1);
    hold();
    LoadQueue.Entry waiting = add(() -> hasRun.set(true));
    add(done::countDown);
    assertTrue(queue.giveUp(waiting));
    release.countDown();
    Await.latch(done);
    assertFalse(hasRun.get());
  }

  @Test
  void loadThatRuns_givenUp_letsTheNextBegin() {
    CountDownLatch done = new CountDownLatch(1);
    LoadQueue.Entry hung = hold();
    add(done::countDown);
    assertFalse(queue.giveUp(hung));
    Await.latch(done);
    release.countDown();
  }

  @Test
  void loadWithinALoad_runsAtOnce() {
    CountDownLatch inner = new CountDownLatch(1);
    AtomicBoolean isLoading = new AtomicBoolean();
    add(
        () -> {
          add(inner::countDown);
          isLoading.set(queue.isLoading() && inner.getCount() == 0);
          release.countDown();
        });
    Await.latch(release);
    assertTrue(isLoading.get());
    assertFalse(queue.isLoading());
  }
}
