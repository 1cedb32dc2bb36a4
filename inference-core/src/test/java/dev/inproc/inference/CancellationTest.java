package dev.inproc.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.testing.Await;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CancellationTest {
  @Test
  void cancel_armed_firesOnce() {
    AtomicInteger fired = new AtomicInteger();
    Cancellation cancellation = new Cancellation();
    assertTrue(cancellation.arm(fired::incrementAndGet));
    cancellation.cancel();
    cancellation.cancel();
    assertEquals(1, fired.get());
    assertTrue(cancellation.isCancelled());
    cancellation.disarm();
    assertFalse(cancellation.arm(fired::incrementAndGet));
    assertEquals(1, fired.get());
  }

  @Test
  void arm_afterCancel_isRefused() {
    Cancellation cancellation = new Cancellation();
    cancellation.cancel();
    assertFalse(cancellation.arm(() -> {}));
    assertTrue(cancellation.isCancelled());
  }

  @Test
  void arm_twice_isAMisuse() {
    Cancellation cancellation = new Cancellation();
    assertTrue(cancellation.arm(() -> {}));
    assertThrows(IllegalStateException.class, () -> cancellation.arm(() -> {}));
    cancellation.disarm();
    assertTrue(cancellation.arm(() -> {}));
    cancellation.disarm();
    cancellation.disarm();
    assertFalse(cancellation.isCancelled());
  }

  @Test
  void stopper_throws_switchIsCancelledAndDisarmReturns() {
    Cancellation cancellation = new Cancellation();
    assertTrue(
        cancellation.arm(
            () -> {
              throw new IllegalStateException("cannot stop");
            }));
    assertThrows(IllegalStateException.class, cancellation::cancel);
    cancellation.disarm();
    assertTrue(cancellation.isCancelled());
  }

  @Test
  void disarm_whileTheStopperRuns_waitsForIt() {
    CountDownLatch inStopper = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    AtomicBoolean stopped = new AtomicBoolean();
    AtomicReference<@Nullable Boolean> seen = new AtomicReference<>();
    Cancellation cancellation = new Cancellation();
    assertTrue(
        cancellation.arm(
            () -> {
              inStopper.countDown();
              Await.latch(goOn);
              stopped.set(true);
            }));
    Thread canceller = new Thread(cancellation::cancel);
    canceller.start();
    Await.latch(inStopper);
    Thread runner =
        new Thread(
            () -> {
              cancellation.disarm();
              seen.set(stopped.get());
            });
    runner.start();
    Await.blocked(runner); // parked: it waits for the stopper
    assertEquals(null, seen.get());
    goOn.countDown();
    Await.end(runner);
    Await.end(canceller);
    assertEquals(true, seen.get());
  }

  /**
   * The clause that matters: a stopper never touches the resource once disarm has returned. One
   * thread runs, the other cancels at any moment; a disarm that does not wait fails this within a
   * few thousand rounds (tried).
   */
  @Test
  void cancel_racingDisarm_neverHitsTheNextUser() {
    int rounds = 100_000;
    AtomicInteger owner = new AtomicInteger(); // the round that may be stopped, or -1
    AtomicInteger strangers = new AtomicInteger();
    AtomicInteger stopped = new AtomicInteger();
    AtomicReference<@Nullable Cancellation> shared = new AtomicReference<>();
    Thread canceller =
        new Thread(
            () -> {
              for (int round = 0; round < rounds; ) {
                Cancellation current = shared.getAndSet(null);
                if (current != null) {
                  current.cancel();
                  round++;
                }
              }
            });
    canceller.setDaemon(true);
    canceller.start();
    for (int round = 0; round < rounds; round++) {
      int mine = round;
      Cancellation cancellation = new Cancellation();
      owner.set(mine);
      boolean armed =
          cancellation.arm(
              () -> {
                Thread.onSpinWait(); // the canceller that was delayed
                if (owner.get() != mine) {
                  strangers.incrementAndGet();
                }
                stopped.incrementAndGet();
              });
      assertTrue(armed);
      shared.set(cancellation);
      for (int spins = round % 64; spins > 0; spins--) {
        Thread.onSpinWait();
      }
      cancellation.disarm();
      owner.set(-1);
      while (shared.get() != null) {
        Thread.onSpinWait();
      }
    }
    Await.end(canceller);
    assertEquals(0, strangers.get());
    System.out.println("CancellationTest: " + stopped.get() + " of " + rounds + " stopped");
  }
}
