package dev.inproc.inference.internal.concurrent;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.VirtualThreads;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SpinWaitTest {
  @Test
  void until_interruptedThread_sleepsAndStaysInterrupted() {
    AtomicBoolean done = new AtomicBoolean();
    AtomicBoolean interruptedAfter = new AtomicBoolean();
    AtomicInteger asked = new AtomicInteger();
    Thread waiter =
        new Thread(
            () -> {
              Thread.currentThread().interrupt();
              SpinWait.until(() -> asked.incrementAndGet() > 0 && done.get());
              interruptedAfter.set(Thread.interrupted());
            });
    waiter.setDaemon(true);
    waiter.start();

    Await.until("the spins and the shorter sleeps", () -> asked.get() > 210);
    int before = asked.get();
    long end = System.nanoTime() + 50_000_000;
    Await.until("50 ms", () -> System.nanoTime() - end > 0);
    int meanwhile = asked.get() - before;
    done.set(true);

    Await.end(waiter);
    assertTrue(meanwhile < 500, () -> meanwhile + " looks in 50 ms; a look a millisecond is due");
    assertTrue(interruptedAfter.get());
  }

  @Test
  void until_threadThatIsNotInterrupted_staysSo() {
    AtomicInteger asked = new AtomicInteger();
    SpinWait.until(() -> asked.incrementAndGet() > 300); // beyond the spins
    assertFalse(Thread.currentThread().isInterrupted());
  }

  /** On a JDK without virtual threads, platform threads. */
  @Test
  void until_interruptedVirtualThreadsOnAllCarriers_letOtherVirtualThreadsRun() {
    AtomicBoolean done = new AtomicBoolean();
    int waiters = 4 * Runtime.getRuntime().availableProcessors();
    CountDownLatch waiting = new CountDownLatch(waiters);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < waiters; i++) {
      threads.add(
          VirtualThreads.unstarted(
              () -> {
                Thread.currentThread().interrupt();
                waiting.countDown();
                SpinWait.until(done::get);
              }));
    }
    try {
      threads.forEach(Thread::start);
      Await.latch(waiting);
      Thread other = VirtualThreads.unstarted(() -> done.set(true));
      other.start();
      Await.end(other);
      threads.forEach(Await::end);
    } finally {
      done.set(true);
    }
  }
}
