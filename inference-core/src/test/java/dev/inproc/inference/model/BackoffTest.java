package dev.inproc.inference.model;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BackoffTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private static void assertWaits(Backoff backoff, double seconds) {
    long now = -5; // any origin will do
    backoff.failed(now);
    long delay = (long) (seconds * SECOND);
    assertTrue(backoff.isWaiting(now + delay - 1), seconds + " s");
    assertFalse(backoff.isWaiting(now + delay), seconds + " s");
  }

  @Test
  void failed_againAndAgain_waitsOneSecondToFiveMinutes() {
    Backoff latest = new Backoff(() -> 1);
    Backoff earliest = new Backoff(() -> 0);
    for (int seconds : new int[] {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300}) {
      assertWaits(latest, seconds);
      assertWaits(earliest, 0.75 * seconds);
    }
    for (int i = 0; i < 1_000; i++) {
      assertWaits(latest, 300);
    }
    latest.succeeded();
    assertFalse(latest.isWaiting(0));
    assertWaits(latest, 1);
  }
}
