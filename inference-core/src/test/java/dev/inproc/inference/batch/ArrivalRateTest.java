package dev.inproc.inference.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ArrivalRateTest {
  private static final double MOST = 10_000;
  private final ArrivalRate rate = new ArrivalRate();

  /** Rounds of 8 arrivals; a round of 800 ns is a gap of 100. */
  private long rounds(long from, int count, long nanos, double run) {
    long now = from;
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < 8; j++) {
        rate.arrived();
      }
      now += nanos;
      rate.choosing(now, MOST);
      rate.chosen(run);
    }
    return now;
  }

  @Test
  void gap_nothingSeen_isInfinite() {
    assertEquals(Double.POSITIVE_INFINITY, rate.gapNanos());
    rate.arrived();
    rate.choosing(5, MOST);
    assertEquals(Double.POSITIVE_INFINITY, rate.gapNanos());
  }

  @Test
  void gap_steadyArrivals_isTheirs() {
    rounds(0, 50, 800, 800);
    assertEquals(100, rate.gapNanos(), 1e-6);
  }

  @Test
  void gap_twoEngines_isOfTheShareOfOne() {
    rounds(0, 50, 800, 1_600); // runs of 1,600 ns are chosen every 800
    assertEquals(200, rate.gapNanos(), 1e-6 + 200 * 0.01);
  }

  @Test
  void gap_longPause_countsAsTheMost() {
    long now = rounds(0, 50, 800, 800);
    rate.choosing(now + 3_600_000_000_000L, MOST);
    assertTrue(rate.gapNanos() < 200, () -> "" + rate.gapNanos());
  }

  @Test
  void hasChosenWithin_isOfTheLastChoice() {
    assertFalse(rate.hasChosenWithin(MOST, 0));
    rate.choosing(100, MOST);
    assertTrue(rate.hasChosenWithin(50, 149));
    assertFalse(rate.hasChosenWithin(50, 150));
  }
}
