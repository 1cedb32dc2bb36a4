package dev.inproc.inference.deploy;

import static dev.inproc.inference.deploy.Lanes.version;
import static dev.inproc.inference.deploy.ShadowLanes.plan;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.testing.Await;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;

/** The accounts of a shadow under threads: offered = compared + failed + dropped + pending. */
class ShadowLedgerTest {
  private static final int THREADS = 6;

  private final ShadowLanes lanes = new ShadowLanes();
  private final LongAdder answered = new LongAdder();
  private final AtomicLong shadowCalls = new AtomicLong();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();

  private static float[] maybe(float[] input) {
    if (ThreadLocalRandom.current().nextInt(10) == 0) {
      throw new IllegalStateException("planned");
    }
    return input.clone();
  }

  /** Calls by all methods; each tenth call of the primary fails. */
  private void call(Deployment<float[], float[]> deployment, Random random) {
    float[] input = {random.nextInt(1_000), 1};
    float[] kept = input.clone();
    try {
      switch (random.nextInt(4)) {
        case 0 -> {
          assertArrayEquals(kept, deployment.predict(input));
          answered.increment();
        }
        case 1 -> {
          assertArrayEquals(kept, deployment.submit(input).join());
          answered.increment();
        }
        case 2 -> {
          for (float[] answer : deployment.predictAll(List.of(input, input))) {
            assertArrayEquals(kept, answer);
          }
          answered.add(2);
        }
        default -> {
          assertArrayEquals(kept, deployment.answers().predict(input).value());
          answered.increment();
        }
      }
    } catch (IllegalStateException | java.util.concurrent.CompletionException planned) {
      // the primary's own failure
    }
  }

  private List<Thread> start(Deployment<float[], float[]> deployment, AtomicBoolean isOver) {
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      Random random = new Random(t);
      Thread thread =
          new Thread(
              () -> {
                try {
                  while (!isOver.get()) {
                    call(deployment, random);
                  }
                } catch (Throwable e) {
                  failure.compareAndSet(null, e);
                }
              });
      threads.add(thread);
      thread.start();
    }
    return threads;
  }

  private void end(List<Thread> threads, AtomicBoolean isOver) {
    isOver.set(true);
    threads.forEach(Await::end);
    if (failure.get() != null) {
      throw new AssertionError("a call failed", failure.get());
    }
  }

  private static void assertBalanced(ShadowMetrics metrics) {
    assertEquals(
        metrics.offered(),
        metrics.compared() + metrics.failed() + metrics.dropped() + metrics.pending(),
        metrics::toString);
  }

  @Test
  void counts_underThreads_addUp() {
    lanes.functions.put(1L, ShadowLedgerTest::maybe);
    lanes.functions.put(3L, ShadowLedgerTest::maybe);
    lanes.functions.put(
        2L,
        input -> {
          shadowCalls.incrementAndGet();
          return maybe(input);
        });
    AtomicBoolean isOver = new AtomicBoolean();
    try (Deployment<float[], float[]> deployment = lanes.open()) {
      Shadow shadow = deployment.shadow(plan().withQueue(50));
      List<Thread> threads = start(deployment, isOver);
      Await.until(
          "pairs, failures and drops",
          () -> {
            lanes.timer.advanceMillis(1);
            ShadowMetrics now = shadow.metrics();
            return failure.get() != null
                || (now.compared() > 300 && now.failed() > 10 && now.dropped() > 100);
          });
      assertTrue(deployment.switchTo(version(3)));
      long before = shadow.metrics().compared();
      Await.until(
          "more pairs",
          () -> {
            lanes.timer.advanceMillis(1);
            return failure.get() != null || shadow.metrics().compared() > before + 100;
          });
      end(threads, isOver);
      lanes.drain(shadow);
      ShadowMetrics metrics = shadow.metrics();
      assertBalanced(metrics);
      assertEquals(0, metrics.pending());
      assertEquals(answered.sum(), metrics.offered(), metrics::toString);
      assertEquals(shadowCalls.get(), metrics.compared() + metrics.failed(), metrics::toString);
      assertEquals(metrics.compared(), metrics.shadowNanos().count());
    }
  }

  @Test
  void counts_ofAShadowThatIsClosedUnderCalls_addUp() {
    AtomicBoolean isOver = new AtomicBoolean();
    List<Shadow> closed = new ArrayList<>();
    try (Deployment<float[], float[]> deployment = lanes.open()) {
      List<Thread> threads = start(deployment, isOver);
      for (int i = 0; i < 20 && failure.get() == null; i++) {
        Shadow shadow = deployment.shadow(plan().withQueue(5));
        Await.until(
            "calls",
            () -> {
              lanes.timer.advanceMillis(1);
              return failure.get() != null || shadow.metrics().dropped() > 20;
            });
        shadow.close();
        closed.add(shadow);
      }
      end(threads, isOver);
    }
    for (Shadow shadow : closed) {
      assertBalanced(shadow.metrics());
      assertEquals(0, shadow.metrics().pending());
    }
    assertEquals(0, lanes.timer.pending());
  }
}
