package dev.inproc.inference.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;

class MinuteWindowTest {
  private static final long SECOND = 1_000_000_000;
  private static final long START = 7 * SECOND;

  private final MinuteWindow window = new MinuteWindow(START);

  private static CallMetrics answered(long count) {
    return new CallMetrics(count, Map.of(Outcome.ANSWERED, count), Histogram.EMPTY);
  }

  private void assertMinute(long seconds, long total, long expected, long span) {
    MinuteWindow.Minute minute = window.before(START + seconds * SECOND, answered(total));
    assertEquals(expected, minute.metrics().begun());
    assertEquals(span * SECOND, minute.spanNanos());
  }

  @Test
  void before_young_isAllThereIs() {
    assertMinute(0, 3, 3, 0);
    assertMinute(25, 8, 8, 25);
  }

  @Test
  void before_withOneCallASecond_isTheLastMinute() {
    for (int second = 1; second <= 600; second++) {
      if (second % 10 == 0) {
        assertTrue(window.keep(START + second * SECOND, answered(second)));
      }
      int span = second < 70 ? second : 60 + second % 10;
      assertMinute(second, second, span, span);
    }
  }

  @Test
  void before_afterAnHourWithoutCalls_isAMinuteWithoutAny() {
    window.keep(START + 10 * SECOND, answered(5));
    assertFalse(window.keep(START + 20 * SECOND, answered(5)));
    assertMinute(3_600, 5, 0, 60);
  }

  @Test
  void before_afterAPause_holdsTheCallsThatCameAgain() {
    window.keep(START + 10 * SECOND, answered(5));
    window.resume(START + 3_600 * SECOND);
    assertMinute(3_605, 9, 4, 60);
    window.keep(START + 3_610 * SECOND, answered(10));
    assertMinute(3_669, 12, 7, 69);
    assertMinute(3_671, 12, 2, 61);
  }

  @Test
  void before_longAfterTheEnd_isAMinuteWithoutCalls() {
    window.keep(START + 10 * SECOND, answered(5));
    window.end(START + 12 * SECOND, answered(9));
    assertMinute(30, 9, 9, 30);
    assertMinute(3_600, 9, 0, 60);
  }
}
