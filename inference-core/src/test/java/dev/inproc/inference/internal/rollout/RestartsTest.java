package dev.inproc.inference.internal.rollout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class RestartsTest {
  @Test
  void parts_ofAYear_addUpToAtMostOne() {
    double sum = 0;
    for (int restart = 0; restart < 1_051_200; restart++) {
      sum += Restarts.part(restart);
    }
    assertTrue(sum <= 1 && sum > 0.99, "" + sum);
  }

  @Test
  void restarts_ofADay_areFewAndNoneComesBack() {
    int day = 2_880;
    for (int number = 0; number < day; number++) {
      boolean wasKept = true;
      for (int newest = number; newest < day; newest++) {
        boolean isKept = Restarts.isKept(number, newest);
        assertTrue(wasKept || !isKept, number + " at " + newest);
        wasKept = isKept;
      }
    }
    for (int newest = 0; newest < day; newest++) {
      int kept = 0;
      int last = newest;
      for (int number = newest; number >= 0; number--) {
        if (Restarts.isKept(number, newest)) {
          kept++;
          int gap = last - number;
          int age = newest - last;
          assertTrue(number == 0 || gap <= Math.max(1, age), "a gap of " + gap + " at " + age);
          last = number;
        }
      }
      assertTrue(kept <= 60, kept + " at " + newest);
      assertTrue(kept >= Math.min(newest + 1, 21));
    }
  }

  @Test
  void at_timeBeforeThePhase_isTheFirst() {
    assertEquals(0, Restarts.at(-5));
    assertEquals(0, Restarts.at(29_999_999_999L));
    assertEquals(1, Restarts.at(30_000_000_000L));
  }
}
