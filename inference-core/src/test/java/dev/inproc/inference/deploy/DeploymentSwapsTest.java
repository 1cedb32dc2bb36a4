package dev.inproc.inference.deploy;

import static dev.inproc.inference.deploy.Lanes.version;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.Answer;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.testing.Await;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many swaps under many callers, and many commands at once. */
@Tag("endurance")
class DeploymentSwapsTest {
  private static final int SWAPS = Boolean.getBoolean("inproc.endurance") ? 10_000 : 200;

  /** Closed at once, closed at the next swap but one, and closed by the clock. */
  @ParameterizedTest
  @ValueSource(longs = {0, 1, 600_000})
  void swaps_underCallers_failAndMixNothing(long keepWarmMillis) throws InterruptedException {
    Lanes lanes = new Lanes();
    AtomicBoolean isOver = new AtomicBoolean();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    LongAdder calls = new LongAdder();
    Set<Thread> callers = ConcurrentHashMap.newKeySet();
    try (Deployment<Integer, String> deployment =
        Deployment.builder(lanes).keepWarm(Duration.ofMillis(keepWarmMillis)).open(version(1))) {
      List<Thread> threads = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        int kind = t % 5;
        Thread thread =
            new Thread(
                () -> {
                  try {
                    while (!isOver.get()) {
                      call(deployment, kind);
                      calls.increment();
                    }
                  } catch (Throwable e) {
                    failure.compareAndSet(null, e);
                  }
                });
        callers.add(thread);
        threads.add(thread);
        thread.start();
      }
      for (int swap = 2; swap <= SWAPS + 1; swap++) {
        assertTrue(deployment.switchTo(version(swap)));
        lanes.timer.advanceMillis(2);
        assertEquals(Integer.toString(swap), number(deployment.predict(5)));
      }
      isOver.set(true);
      for (Thread thread : threads) {
        Await.end(thread);
      }
      if (failure.get() != null) {
        throw new AssertionError("a call failed", failure.get());
      }
      assertEquals(SWAPS, deployment.metrics().switches());
    }
    lanes.made.forEach(lane -> assertTrue(lane.isClosed()));
    lanes.made.stream()
        .limit(SWAPS - 1)
        .forEach(lane -> assertTrue(!callers.contains(lane.closer), "closed by a caller"));
    assertTrue(calls.sum() > 0);
  }

  private static String number(String answer) {
    return answer.substring(0, answer.indexOf(':'));
  }

  private static void call(Deployment<Integer, String> deployment, int kind) {
    switch (kind) {
      case 0 -> assertTrue(deployment.predict(7).endsWith(":7"));
      case 1 -> assertTrue(Await.value(deployment.submit(7)).endsWith(":7"));
      case 2 -> {
        List<String> list = deployment.predictAll(List.of(1, 2, 3, 4));
        Set<String> versions =
            list.stream().map(DeploymentSwapsTest::number).collect(Collectors.toSet());
        assertEquals(1, versions.size(), list::toString);
      }
      case 3 -> {
        Predictor<Integer, Answer<String>> answers = deployment.answers();
        List<Answer<String>> list = answers.predictAll(List.of(1, 2, 3));
        assertEquals(1, list.stream().map(Answer::version).distinct().count(), list::toString);
        list.forEach(
            answer -> assertEquals("m@" + number(answer.value()), answer.version().orElseThrow()));
      }
      default -> {
        CallOptions timed = CallOptions.timeout(Duration.ofDays(1));
        assertTrue(deployment.predict(7, timed).endsWith(":7"));
        CompletableFuture<String> cancelled = deployment.submit(7, timed);
        cancelled.cancel(true);
      }
    }
  }

  /** What a swap leaves behind is the same after 10 of them and after thousands. */
  @Test
  void swaps_leaveNothingBehind() throws InterruptedException {
    Lanes lanes = new Lanes();
    List<WeakReference<FakeLane>> early = new ArrayList<>();
    try (Deployment<Integer, String> deployment = lanes.open()) {
      int threads = 0;
      for (int swap = 2; swap <= 10 * SWAPS; swap++) {
        assertTrue(deployment.switchTo(version(swap)));
        assertEquals(1, lanes.timer.pending());
        if (swap == 10) {
          Await.until("drained", () -> deployment.metrics().lanes().size() == 2);
          threads = Thread.activeCount();
          lanes.made.forEach(lane -> early.add(new WeakReference<>(lane)));
        }
        lanes.made.clear();
      }
      Await.until("drained", () -> deployment.metrics().lanes().size() == 2);
      assertEquals(10 * SWAPS - 1, lanes.timer.scheduled(), "one task a swap");
      int before = threads;
      Await.until("threads to end", () -> Thread.activeCount() <= before + 2);
      Await.until("lanes to be forgotten", () -> areCleared(early));
    }
  }

  private static boolean areCleared(List<WeakReference<FakeLane>> lanes) {
    System.gc();
    return lanes.stream().allMatch(lane -> lane.get() == null);
  }

  /** After whatever order of commands, the state is one of those that the commands name. */
  @Test
  void commandsAtOnce_leaveOneServingVersion() throws InterruptedException {
    for (int round = 0; round < (SWAPS > 200 ? 5_000 : 100); round++) {
      Lanes lanes = new Lanes();
      Deployment<Integer, String> deployment = lanes.open();
      assertTrue(deployment.switchTo(version(2)));
      AtomicReference<Throwable> failure = new AtomicReference<>();
      List<Runnable> commands =
          List.of(
              () -> deployment.switchTo(version(3)),
              () -> deployment.switchTo(version(4)),
              () -> deployment.switchTo(version(1)),
              () -> deployment.rollBack("race"),
              () -> lanes.timer.advance(Duration.ofMinutes(10).toNanos()));
      List<Thread> threads = new ArrayList<>();
      for (Runnable command : commands) {
        Thread thread =
            new Thread(
                () -> {
                  try {
                    command.run();
                  } catch (CancellationException overruled) {
                    // a later command decided
                  } catch (Throwable t) {
                    failure.compareAndSet(null, t);
                  }
                });
        threads.add(thread);
        thread.start();
      }
      for (Thread thread : threads) {
        Await.end(thread);
      }
      assertEquals(null, failure.get());
      String serving = number(deployment.predict(7));
      assertEquals(Long.parseLong(serving), deployment.version().version());
      Await.until("losers to be closed", () -> open(lanes) <= 2);
      deployment.close();
      assertEquals(0, open(lanes));
      assertEquals(0, lanes.timer.pending());
    }
  }

  private static long open(Lanes lanes) {
    synchronized (lanes.made) {
      return lanes.made.stream().filter(lane -> !lane.isClosed()).count();
    }
  }

  /** A call that enters after {@code rollBack} returned is answered by the version before. */
  @Test
  void callsAfterRollBack_neverSeeTheVersionThatIsGivenUp() throws InterruptedException {
    Lanes lanes = new Lanes();
    try (Deployment<Integer, String> deployment = lanes.open()) {
      for (int round = 0; round < 300; round++) {
        assertTrue(deployment.switchTo(version(round + 2)));
        AtomicBoolean isBack = new AtomicBoolean();
        AtomicReference<String> bad = new AtomicReference<>();
        Thread caller =
            new Thread(
                () -> {
                  boolean isLast = false;
                  while (!isLast) {
                    isLast = isBack.get();
                    String answer = deployment.predict(7);
                    if (isLast && !answer.equals("1:7")) {
                      bad.set(answer);
                    }
                  }
                });
        caller.start();
        assertTrue(deployment.rollBack("test").isDone());
        isBack.set(true);
        Await.end(caller);
        assertEquals(null, bad.get());
      }
    }
  }
}
