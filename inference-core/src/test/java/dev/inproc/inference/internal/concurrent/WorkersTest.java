package dev.inproc.inference.internal.concurrent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.testing.Await;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class WorkersTest {
  private final Workers workers = Workers.shared();

  @Test
  void turn_itsLane_isKnownOnThatThreadAlone() {
    Object lane = new Object();
    CompletableFuture<Boolean> own = new CompletableFuture<>();
    CompletableFuture<Boolean> other = new CompletableFuture<>();
    workers.turn(
        lane,
        () -> {
          own.complete(Workers.isTurning(lane));
          other.complete(Workers.isTurning(new Object()));
        });
    assertTrue(Await.value(own));
    assertFalse(Await.value(other));
    assertFalse(Workers.isTurning(lane));
  }

  @Test
  void isWorker_onLanes_notElsewhere() {
    CompletableFuture<Boolean> lane = new CompletableFuture<>();
    workers.turn(new Object(), () -> lane.complete(Workers.isWorker()));
    assertTrue(Await.value(lane));
    assertFalse(Workers.isWorker());
    assertFalse(Await.value(CompletableFuture.supplyAsync(Workers::isWorker)));
  }

  @Test
  void turn_taskThrows_laneIsForgotten() {
    Object lane = new Object();
    CompletableFuture<Thread> first = new CompletableFuture<>();
    Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((thread, e) -> {}); // expected: keep it quiet
    try {
      workers.turn(
          lane,
          () -> {
            first.complete(Thread.currentThread());
            throw new IllegalStateException("mine");
          });
      Await.end(Await.value(first));
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
    CompletableFuture<Boolean> turning = new CompletableFuture<>();
    workers.turn(new Object(), () -> turning.complete(Workers.isTurning(lane)));
    assertFalse(Await.value(turning));
  }

  @Test
  void threads_all_areDaemonsAndNeverVirtual() {
    CompletableFuture<Thread> turner = new CompletableFuture<>();
    CompletableFuture<Boolean> virtual = new CompletableFuture<>();
    workers.turn(
        new Object(),
        () -> {
          turner.complete(Thread.currentThread());
          virtual.complete(Threads.currentIsVirtual());
        });
    assertTrue(Await.value(turner).isDaemon());
    assertFalse(Await.value(virtual));
  }

  /** Lanes bound themselves; a shared bound could deadlock two that wait for each other. */
  @Test
  void turn_whileManyLanesBlock_anotherStillStarts() {
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch started = new CountDownLatch(40);
    for (int i = 0; i < 40; i++) {
      workers.turn(
          new Object(),
          () -> {
            started.countDown();
            Await.latch(release);
          });
    }
    Await.latch(started);
    release.countDown();
    assertEquals(0, started.getCount());
  }
}
