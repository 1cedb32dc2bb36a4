package dev.inproc.inference.internal.concurrent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.ManualTimer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class TimerTest {
  @Test
  void system_task_runsOnADaemon() {
    CountDownLatch ran = new CountDownLatch(1);
    List<Boolean> daemon = new ArrayList<>();
    Timer.system()
        .schedule(
            () -> {
              daemon.add(Thread.currentThread().isDaemon());
              ran.countDown();
            },
            1);
    Await.latch(ran);
    assertEquals(List.of(true), daemon);
  }

  @Test
  void system_cancelledTask_doesNotRunBeforeALaterOne() {
    List<String> ran = new ArrayList<>();
    CountDownLatch later = new CountDownLatch(1);
    Timer.Scheduled far = Timer.system().schedule(() -> ran.add("far"), Long.MAX_VALUE / 2);
    Timer.Scheduled near = Timer.system().schedule(() -> ran.add("near"), 50_000_000);
    near.cancel();
    far.cancel();
    Timer.system().schedule(later::countDown, 50_000_001);
    Await.latch(later);
    assertEquals(List.of(), ran);
  }

  @Test
  void system_throwingTask_doesNotStopTheTimer() {
    CountDownLatch later = new CountDownLatch(1);
    Timer.system()
        .schedule(
            () -> {
              throw new IllegalStateException("mine");
            },
            0);
    Timer.system().schedule(later::countDown, 1);
    Await.latch(later);
  }

  @Test
  void manual_advance_runsWhatIsDueInOrder() {
    ManualTimer timer = new ManualTimer();
    List<String> ran = new ArrayList<>();
    long start = timer.nanoTime();
    timer.schedule(() -> ran.add("b"), 20);
    timer.schedule(() -> ran.add("a"), 10);
    timer.schedule(() -> ran.add("c"), 20);
    timer.schedule(() -> timer.schedule(() -> ran.add("nested"), 5), 10);
    Timer.Scheduled forgotten = timer.schedule(() -> ran.add("no"), 12);
    timer.schedule(forgotten::cancel, 11);
    timer.advance(19);
    assertEquals(List.of("a", "nested"), ran);
    assertEquals(start + 19, timer.nanoTime());
    timer.advance(1);
    assertEquals(List.of("a", "nested", "b", "c"), ran);
    assertEquals(0, timer.pending());
    timer.schedule(() -> ran.add("never"), Long.MAX_VALUE);
    timer.advance(1_000_000_000_000L);
    assertTrue(timer.pending() == 1);
  }
}
