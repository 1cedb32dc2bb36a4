package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * Native code on a virtual thread holds its carrier: as many long runs as there are processors, and
 * no other virtual thread moves. Ten thousand call while one ticks; it must see no gap.
 */
class VirtualThreadsTest {
  private static final int CALLERS = 10_000;
  private static final long MAX_GAP_NANOS = 50_000_000;
  private static final int WIDTH = 256;

  @Test
  void tenThousandVirtualThreads_predict_holdUpNoOther() throws Throwable {
    MethodHandle start = startVirtualThread();
    byte[] model = Models.slow(WIDTH, 20); // about half a millisecond
    try (Session session = new OnnxEngine().load(ModelSource.bytes("slow", model))) {
      // The first wave runs in the interpreter: ten thousand slow starts in one queue are a gap of
      // their own, and say nothing of native code.
      wave(start, session);
      long gap = wave(start, session);
      System.out.println("Longest gap of the ticker: " + gap / 1_000_000.0 + " ms");
      assertTrue(gap < MAX_GAP_NANOS, () -> gap / 1e6 + " ms");
    }
  }

  /** Has all callers predict at once and returns the longest gap that a ticker beside them saw. */
  private static long wave(MethodHandle start, Session session) throws Throwable {
    Tensors input = Tensors.of("x", Tensor.of(new float[WIDTH]));
    AtomicInteger answered = new AtomicInteger();
    AtomicLong maxGap = new AtomicLong();
    CountDownLatch done = new CountDownLatch(CALLERS);
    CountDownLatch ticking = new CountDownLatch(1);
    Runnable ticker =
        () -> {
          ticking.countDown();
          long last = System.nanoTime();
          while (done.getCount() > 0) {
            LockSupport.parkNanos(1_000_000);
            long now = System.nanoTime();
            maxGap.accumulateAndGet(now - last, Math::max);
            last = now;
          }
        };
    Runnable caller =
        () -> {
          try {
            session.predict(input);
            answered.incrementAndGet();
          } finally {
            done.countDown();
          }
        };
    Object unused = start.invoke(ticker);
    ticking.await();
    for (int i = 0; i < CALLERS; i++) {
      unused = start.invoke(caller);
    }
    done.await();
    assertEquals(CALLERS, answered.get());
    return maxGap.get();
  }

  private static MethodHandle startVirtualThread() throws IllegalAccessException {
    try {
      return MethodHandles.publicLookup()
          .findStatic(
              Thread.class,
              "startVirtualThread",
              MethodType.methodType(Thread.class, Runnable.class));
    } catch (NoSuchMethodException e) {
      String reason = "Java " + Runtime.version().feature() + " has no virtual threads";
      System.out.println("SKIPPED: " + reason);
      return Assumptions.abort(reason);
    }
  }
}
