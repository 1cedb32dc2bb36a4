package dev.inproc.inference.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class RejoinWaitTest {
  private static final double SAVED = 100_000;
  private static final long SOON = 10_000;
  private static final long UNTIMED = Long.MAX_VALUE;

  private final RejoinWait returning = new RejoinWait();

  private int triesIn(int batches, int returned) {
    int tries = 0;
    for (int i = 0; i < batches; i++) {
      if (returning.limitNanos(8, SAVED, UNTIMED) > 0) {
        tries++;
        int target = returning.target(8);
        long waited = returned < target ? (long) SAVED : SOON;
        returning.came(8, target, Math.min(target, returned), waited);
      }
    }
    return tries;
  }

  @Test
  void limit_nothingToGain_isNone() {
    assertEquals(0, returning.limitNanos(0, SAVED, UNTIMED));
    assertEquals(0, returning.limitNanos(1, SAVED, UNTIMED), "a lone caller waits for nobody");
    assertEquals(0, returning.limitNanos(8, 0, UNTIMED), "a cost that is not known");
    assertEquals(0, returning.limitNanos(8, 19_999, UNTIMED));
  }

  @Test
  void limit_isAtMostWhatIsSaved() {
    assertEquals(25_000, returning.limitNanos(8, 25_000, UNTIMED));
    assertEquals(2_000_000, returning.limitNanos(8, 1e9, UNTIMED));
  }

  @Test
  void limit_callsWithDeadlines_isAHundredthOfTheirTime() {
    assertEquals(1_000, returning.limitNanos(8, SAVED, 100_000));
    assertEquals(100_000, returning.limitNanos(8, SAVED, 1_000_000_000_000L));
    assertEquals(0, returning.limitNanos(8, SAVED, 0));
    assertEquals(0, returning.limitNanos(8, SAVED, -100), "a deadline before the arrival");
  }

  @Test
  void callers_comeBack_areAwaitedAfterEveryBatch() {
    assertEquals(100, triesIn(100, 8));
  }

  @Test
  void callers_halfComeBack_areAwaitedOnceThatIsKnown() {
    triesIn(2_000, 4);
    int tries = triesIn(160, 4);
    assertTrue(tries > 140, tries + " tries");
  }

  @Test
  void callers_neverComeBack_costFewWaits() {
    int tries = triesIn(6_500, 3);
    assertTrue(tries > 90 && tries < 110, tries + " tries");
  }

  /** Else a wait as long as the saving would follow every batch, and gain nothing. */
  @Test
  void callers_comeBackTooLate_costFewWaits() {
    int tries = 0;
    for (int i = 0; i < 6_500; i++) {
      if (returning.limitNanos(8, SAVED, UNTIMED) > 0) {
        tries++;
        returning.came(8, returning.target(8), 8, (long) (0.95 * SAVED));
      }
    }
    assertTrue(tries > 90 && tries < 140, tries + " tries");
  }

  @Test
  void callers_comeBackAgain_areAwaitedAgain() {
    triesIn(1_000, 0);
    assertTrue(triesIn(1_000, 8) > 900);
  }

  @Test
  void target_allComeBack_isAll() {
    triesIn(100, 8);
    assertEquals(8, returning.target(8));
  }

  /** Otherwise each wait would last to its limit for the callers that have other work. */
  @Test
  void target_someDoNotComeBack_isTheOthers() {
    triesIn(200, 6);
    int all = 0;
    for (int i = 0; i < 160; i++) {
      int target = returning.target(8);
      assertTrue(target == 6 || target == 8, "target " + target);
      all += target == 8 ? 1 : 0;
      returning.came(8, target, 6, SOON);
    }
    assertEquals(10, all, "one wait in 16 looks whether more come back");
  }

  @Test
  void target_theOthersComeBackAgain_isAllAgain() {
    triesIn(200, 6);
    triesIn(100, 8);
    assertEquals(8, returning.target(8));
  }

  /** One moment in which the processors are busy must not end the waiting for all. */
  @Test
  void target_aSingleWaitMisses_isStillAll() {
    triesIn(100, 8);
    returning.came(8, 8, 6, SOON);
    assertEquals(8, returning.target(8));
  }

  @Test
  void target_isAtLeastHalf() {
    triesIn(1_000, 0);
    for (int i = 0; i < 100; i++) {
      assertTrue(returning.target(9) >= 5);
    }
  }
}
