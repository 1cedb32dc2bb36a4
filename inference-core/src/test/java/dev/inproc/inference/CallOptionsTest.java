package dev.inproc.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions.CacheMode;
import dev.inproc.inference.CallOptions.Overload;
import dev.inproc.inference.CallOptions.Priority;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class CallOptionsTest {
  private static final Executor EXECUTOR = Runnable::run;
  private static final CallOptions FULL =
      CallOptions.timeout(Duration.ofMillis(5))
          .withPriority(Priority.HIGH)
          .withOverload(Overload.WAIT)
          .withRequestId("trace-7")
          .withAffinityKey("user")
          .withCacheScope("tenant")
          .withCacheMode(CacheMode.REFRESH)
          .withExecutor(EXECUTOR);

  @Test
  void arm_twice_keepsTheFirstDeadline() {
    CallOptions armed = Deadline.start(FULL, 1000);
    assertSame(armed, Deadline.start(armed, 2000));
    assertEquals(5_000_000, Deadline.remainingNanos(armed, 1000));
    assertEquals(4_999_000, Deadline.remainingNanos(armed, 2000));
    assertEquals(-1, Deadline.remainingNanos(armed, 5_001_001));
  }

  @Test
  void arm_noTimeout_changesNothing() {
    assertSame(CallOptions.DEFAULT, Deadline.start(CallOptions.DEFAULT, 7));
    assertEquals(Long.MAX_VALUE, Deadline.remainingNanos(CallOptions.DEFAULT, 7));
    assertFalse(Deadline.isSet(CallOptions.DEFAULT));
  }

  @Test
  void remaining_notArmed_isUnlimited() {
    assertTrue(Deadline.isSet(FULL));
    assertEquals(Long.MAX_VALUE, Deadline.remainingNanos(FULL, 0));
  }

  @Test
  void arm_anyDurationAtAnyTime_neverOverflows() {
    List<Duration> durations =
        List.of(
            Duration.ZERO,
            Duration.ofNanos(1),
            Duration.ofNanos(Long.MAX_VALUE),
            Duration.ofNanos(Long.MIN_VALUE),
            Duration.ofSeconds(Long.MAX_VALUE, 999_999_999),
            Duration.ofSeconds(Long.MIN_VALUE));
    long[] times = {0, 1, -1, Long.MAX_VALUE, Long.MAX_VALUE / 2, Long.MIN_VALUE};
    for (Duration duration : durations) {
      for (long now : times) {
        CallOptions armed = Deadline.start(CallOptions.timeout(duration), now);
        long left = Deadline.remainingNanos(armed, now);
        String what = duration + " at " + now + " leaves " + left;
        if (duration.isNegative() || duration.isZero()) {
          // -1 where the deadline would have looked like "not armed"
          assertTrue(left == 0 || left == -1, what);
        } else {
          assertTrue(left > 0 || (left == 0 && duration.toString().equals("PT0.000000001S")), what);
          assertTrue(Deadline.remainingNanos(armed, now + 1000) < left, what);
        }
        assertNotNull(new DeadlineExceededException(duration).getMessage());
      }
    }
  }

  @Test
  void withers_each_keepEverythingElse() {
    List<UnaryOperator<CallOptions>> same =
        List.of(
            o -> o.withPriority(Priority.HIGH),
            o -> o.withOverload(Overload.WAIT),
            o -> o.withRequestId("trace-7"),
            o -> o.withAffinityKey("user"),
            o -> o.withCacheScope("tenant"),
            o -> o.withCacheMode(CacheMode.REFRESH),
            o -> o.withExecutor(EXECUTOR));
    CallOptions armed = Deadline.start(FULL, 1000);
    for (UnaryOperator<CallOptions> wither : same) {
      CallOptions changed = wither.apply(armed);
      assertEquals(armed, changed);
      assertEquals(armed.hashCode(), changed.hashCode());
      assertEquals(armed.toString(), changed.toString());
      assertEquals(5_000_000, Deadline.remainingNanos(changed, 1000), "the deadline stays");
      assertEquals(FULL.toString(), wither.apply(FULL).toString());
    }
    assertSame(EXECUTOR, armed.executor());
    assertEquals("tenant", armed.cacheScope());
    assertEquals("user", armed.affinityKey());
    assertEquals("trace-7", armed.requestId());
    assertEquals(Duration.ofMillis(5), armed.timeout());
    assertEquals(CacheMode.REFRESH, armed.cacheMode());
  }

  @Test
  void equals_anyOptionThatDiffers_isSeen() {
    List<CallOptions> different =
        List.of(
            CallOptions.DEFAULT,
            FULL,
            Deadline.start(FULL, 1000),
            FULL.withTimeout(Duration.ofMillis(6)),
            FULL.withPriority(Priority.LOW),
            FULL.withOverload(Overload.FAIL),
            FULL.withRequestId("trace-8"),
            FULL.withAffinityKey("other"),
            FULL.withCacheScope("other"),
            FULL.withCacheMode(CacheMode.EXACT_ONLY),
            FULL.withExecutor(null),
            BlockedCaller.options(FULL));
    for (int i = 0; i < different.size(); i++) {
      for (int j = 0; j < different.size(); j++) {
        assertEquals(i == j, different.get(i).equals(different.get(j)), i + " and " + j);
      }
    }
  }

  @Test
  void withTimeout_onArmedOptions_isArmedNoMore() {
    CallOptions again = Deadline.start(FULL, 1000).withTimeout(Duration.ofMillis(7));
    assertEquals(Long.MAX_VALUE, Deadline.remainingNanos(again, 0));
    assertEquals(7_000_000, Deadline.remainingNanos(Deadline.start(again, 5), 5));
    assertEquals("tenant", again.cacheScope());
  }
}
