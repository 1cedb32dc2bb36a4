package dev.inproc.inference.deploy;

import static dev.inproc.inference.deploy.Lanes.version;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.ForwardingPredictor;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.events.ServingEvent.RolloutEnded;
import dev.inproc.inference.events.ServingEvent.VersionRetired;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.LedgerEngine;
import dev.inproc.inference.testing.LedgerModel;
import dev.inproc.inference.testing.ManualTimer;
import dev.inproc.inference.testing.Reachable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Rollouts with plans at the ends of their ranges, and with code that throws, blocks, commands. */
class RolloutHostileTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration LONG = Duration.ofSeconds(30);

  private final Lanes lanes = new Lanes();
  private final Deployment<Integer, String> deployment = lanes.open();

  @AfterEach
  void close() {
    assertTimeoutPreemptively(LONG, () -> deployment.close());
  }

  private static RolloutPlan<Integer, String> plan(long version) {
    return RolloutPlan.<Integer, String>to(version(version))
        .withSteps(new RolloutStep(0.5, MINUTE, 0), new RolloutStep(1, MINUTE, 0))
        .withBake(MINUTE);
  }

  private static RolloutStep[] steps(int count) {
    RolloutStep[] steps = new RolloutStep[count];
    for (int i = 0; i < count; i++) {
      steps[i] = new RolloutStep((i + 1.0) / count, Duration.ZERO, 0);
    }
    return steps;
  }

  private static CallOptions key(int key) {
    return CallOptions.DEFAULT.withAffinityKey("user-" + key);
  }

  /** An exception that fails at saying what it is. */
  private static final class Wordless extends RuntimeException {
    private static final long serialVersionUID = 1;

    @Override
    public String getMessage() {
      throw new AssertionError("no words");
    }
  }

  // ---- plans ----

  @Test
  void plan_beyondWhatTheTestsTake_isRefused() {
    assertThrows(IllegalArgumentException.class, () -> plan(2).withAlpha(0.501));
    assertThrows(IllegalArgumentException.class, () -> plan(2).withMargin(10.1));
    assertThrows(IllegalArgumentException.class, () -> plan(2).withSteps(steps(1_001)));
    RolloutPlan<Integer, String> most =
        plan(2).withAlpha(0.5).withMargin(10).withSteps(steps(1_000)).withHoldBack(0.5);
    Rollout rollout = assertTimeoutPreemptively(LONG, () -> deployment.rollOut(most));
    lanes.timer.advanceMillis(1_000_000);
    assertEquals(RolloutState.BAKING, rollout.state());
    lanes.timer.advanceMillis(60_000);
    assertEquals(RolloutState.PROMOTED, rollout.state());
  }

  @Test
  void plan_ofTheSmallestShares_andTheLongestTimes_isRolledOut() {
    Duration long136Years = Duration.ofDays(50_000);
    RolloutPlan<Integer, String> plan =
        plan(2)
            .withSteps(
                new RolloutStep(Double.MIN_VALUE, Duration.ZERO, 0),
                new RolloutStep(1e-9, Duration.ZERO, 0),
                new RolloutStep(Math.nextDown(1.0), long136Years, Long.MAX_VALUE),
                new RolloutStep(1, Duration.ZERO, 0))
            .withBake(long136Years)
            .withAlpha(1e-300);
    Rollout rollout = deployment.rollOut(plan);
    for (int step = 1; step <= 3; step++) {
      assertEquals(step, rollout.metrics().step());
      for (int k = 0; k < 1_000; k++) {
        assertEquals(step == 3 ? "2:7" : "1:7", deployment.predict(7, key(k)));
        rollout.label("user-" + k);
      }
      lanes.timer.advanceMillis(1_000);
    }
    assertEquals(RolloutState.RUNNING, rollout.state());
  }

  // ---- code of the application ----

  private void assertRefused(Executable command) {
    lanes.onCreate.put(
        2L,
        () -> {
          throw new Wordless();
        });
    assertTimeoutPreemptively(LONG, () -> assertThrows(ModelLoadException.class, command));
    assertEquals("1:7", deployment.predict(7));
    assertEquals(List.of(), deployment.metrics().loading());
  }

  @Test
  void factory_thatThrowsWhatHasNoWords_isRefused() {
    assertRefused(() -> deployment.rollOut(plan(2)));
    assertRefused(() -> deployment.switchTo(version(2)));
    assertRefused(() -> deployment.shadow(ShadowPlan.of(version(2))));
    assertRefused(() -> Deployment.builder(lanes).open(version(2)));
  }

  @Test
  void rule_thatThrowsAnError_goesByTheKey() {
    deployment.rollOut(
        plan(2)
            .withCanaryFor(
                (input, options) -> {
                  throw new AssertionError("rule");
                }));
    for (int k = 0; k < 20; k++) {
      String answer = deployment.predict(7, key(k));
      assertEquals(answer, Await.value(deployment.submit(7, key(k))));
      assertEquals(List.of(answer), deployment.predictAll(List.of(7), key(k)));
    }
  }

  @Test
  void score_thatThrowsAnError_harmsNoCall() {
    Rollout rollout =
        deployment.rollOut(
            plan(2)
                .withScore(
                    answer -> {
                      throw new AssertionError("score");
                    }));
    for (int k = 0; k < 20; k++) {
      assertTrue(deployment.predict(7, key(k)).endsWith(":7"));
      assertTrue(Await.value(deployment.submit(7, key(k))).endsWith(":7"));
    }
    Await.until( // the caller of a submit may go on before its call is counted
        "all calls are counted",
        () -> rollout.metrics().canaryCalls() + rollout.metrics().controlCalls() == 40);
    RolloutMetrics metrics = rollout.metrics();
    assertEquals(0, metrics.canaryErrors() + metrics.controlErrors());
  }

  @Test
  void ended_callbacksThatBlockAndCommand_holdUpNothing() {
    Rollout rollout = deployment.rollOut(plan(2));
    CountDownLatch mayCommand = new CountDownLatch(1);
    CountDownLatch mayEnd = new CountDownLatch(1);
    CompletableFuture<Void> blocks =
        rollout.ended().thenRun(() -> ShadowLanes.hold(mayEnd)).toCompletableFuture();
    CompletableFuture<Boolean> commands =
        rollout
            .ended()
            .thenApply(
                counts -> {
                  ShadowLanes.hold(mayCommand);
                  boolean isUndone = deployment.rollBack("again").isDone();
                  deployment.close();
                  return isUndone;
                })
            .toCompletableFuture();
    assertTrue(rollout.rollBack("enough").isDone());
    assertEquals("1:7", Await.value(deployment.submit(7)));
    mayCommand.countDown();
    assertFalse(Await.value(commands));
    mayEnd.countDown();
    Await.until("the blocked callback to end", blocks::isDone);
  }

  /** The first lane of version 2 fails after its session is there; a control lane asks for two. */
  @Test
  void factory_thatThrowsAfterItsSession_leavesNone() {
    List<LedgerEngine> sessions = new ArrayList<>();
    int[] count = {1};
    LaneFactory<Long, Long> factory =
        (version, lane) -> {
          Predictor<Long, Long> last = null;
          for (int i = 0; i < count[0]; i++) {
            last =
                lane.session(
                    () -> {
                      sessions.add(new LedgerEngine());
                      return sessions.get(sessions.size() - 1);
                    });
          }
          if (version.version() == 2) {
            throw new IllegalStateException("no vocabulary");
          }
          return last;
        };
    try (Deployment<Long, Long> own = Deployment.builder(factory).open(version(1))) {
      assertThrows(ModelLoadException.class, () -> own.switchTo(version(2)));
      assertEquals(1, sessions.get(1).closes());
      count[0] = 2;
      assertThrows(ModelLoadException.class, () -> own.rollOut(RolloutPlan.to(version(3))));
      assertEquals(1, sessions.get(3).closes());
      assertEquals(0, sessions.get(0).closes());
      assertEquals(LedgerModel.f(7), own.predict(7L));
    }
  }

  /** A lane whose close throws an error, and which fails at saying its name. */
  private static ForwardingPredictor<Integer, String> broken(FakeLane lane) {
    return new ForwardingPredictor<>(lane) {
      @Override
      public void close() {
        super.close();
        throw new AssertionError("close");
      }

      @Override
      public boolean close(Duration timeout) {
        super.close();
        throw new AssertionError("close");
      }

      @Override
      public String toString() {
        throw new Wordless();
      }
    };
  }

  @Test
  void close_lanesThatThrowErrors_areAllClosed() {
    Lanes own = new Lanes();
    Deployment<Integer, String> hostile =
        Deployment.<Integer, String>builder((version, lane) -> broken(own.create(version, lane)))
            .open(version(1));
    assertTrue(hostile.rollOut(plan(2)).rollBack("enough").isDone());
    Await.until("the lanes to be drained", () -> hostile.metrics().lanes().size() == 1);
    hostile.rollOut(plan(3));
    hostile.shadow(ShadowPlan.of(version(4))).close();
    assertThrows(AssertionError.class, hostile::close);
    assertEquals(List.of(), own.made.stream().filter(lane -> !lane.isClosed()).toList());
  }

  // ---- commands ----

  /**
   * Interrupts the caller of a command once it has taken effect, and before the caller is told.
   *
   * @return what the command returned, or threw
   */
  private static Object interrupted(
      Lanes lanes, Hook hook, Function<Deployment<Integer, String>, Object> command) {
    Deployment<Integer, String> deployment = lanes.open();
    CompletableFuture<Object> outcome = new CompletableFuture<>();
    Thread caller =
        new Thread(
            () -> {
              try {
                outcome.complete(command.apply(deployment));
              } catch (Throwable t) {
                outcome.complete(t);
              }
            });
    hook.onSchedule =
        () -> {
          caller.interrupt();
          Await.until("the caller to leave", () -> caller.getState() == Thread.State.BLOCKED);
        };
    caller.start();
    Object came = Await.value(outcome);
    deployment.close();
    return came;
  }

  /** A clock that does something once as a task of a second or more is scheduled. */
  private static final class Hook implements Timer {
    private final ManualTimer timer = new ManualTimer();
    private volatile Runnable onSchedule = () -> {};

    @Override
    public long nanoTime() {
      return timer.nanoTime();
    }

    @Override
    public Scheduled schedule(Runnable task, long delayNanos) {
      if (delayNanos >= Rollouts.TICK_NANOS) {
        Runnable once = onSchedule;
        onSchedule = () -> {};
        once.run();
      }
      return timer.schedule(task, delayNanos);
    }
  }

  @Test
  void interrupt_afterTheCommandTookEffect_isTooLate() {
    Hook hook = new Hook();
    Object rollout = interrupted(new Lanes(hook), hook, each -> each.rollOut(plan(2)));
    assertInstanceOf(Rollout.class, rollout, rollout::toString);
    assertEquals(true, interrupted(new Lanes(hook), hook, each -> each.switchTo(version(2))));
  }

  @Test
  void rollouts_oneAfterTheOther_leaveNoTasks() {
    for (int i = 2; i < 200; i++) {
      Rollout rollout = deployment.rollOut(plan(i));
      if (i % 10 == 0) {
        lanes.timer.advanceMillis(100);
      }
      if (i < 199) {
        assertTrue(rollout.rollBack("again").isDone());
      }
    }
    lanes.timer.advanceMillis(5_000);
    assertEquals(1, lanes.timer.pending());
  }

  /** The application keeps the handles of what has ended. */
  @Test
  void handles_afterTheEnd_holdNoLane() {
    Reachable closed = new Reachable();
    Rollout back = deployment.rollOut(plan(2));
    lanes.made.forEach(closed::watch);
    assertTrue(back.rollBack("enough").isDone());
    Rollout promoted = deployment.rollOut(plan(3));
    assertTrue(promoted.promote("good"));
    Experiment experiment =
        deployment.experiment(
            ExperimentPlan.builder()
                .arm("a", version(3), 1)
                .arm("b", version(4), 1)
                .metric(ExperimentMetric.share("bought", MINUTE))
                .build());
    lanes.made.forEach(closed::watch);
    assertTrue(experiment.stop("enough"));
    assertTrue(deployment.switchTo(version(5)));
    assertTrue(deployment.switchTo(version(6)));
    Await.until("the lanes to be drained", () -> deployment.metrics().lanes().size() == 2);
    lanes.timer.advanceMillis(1_000); // the last looks at the clock
    lanes.made.clear();
    closed.awaitNone("the lanes");
    back.label("user-1");
    assertFalse(back.pause("late") || back.resume() || promoted.promote("late"));
    assertFalse(promoted.rollBack("late").isDone());
    assertEquals(RolloutState.ROLLED_BACK, back.state());
    assertEquals(RolloutState.PROMOTED, promoted.state());
    assertEquals("enough", experiment.results().ended().orElseThrow());
  }

  // ---- what it tells ----

  @Test
  void inStep_standsStillAfterTheEnd_andHasNoPauses() {
    Rollout rollout = deployment.rollOut(plan(2));
    lanes.timer.advanceMillis(10_000);
    assertTrue(rollout.pause("wait"));
    lanes.timer.advanceMillis(3_600_000);
    assertTrue(rollout.rollBack("enough").isDone());
    assertEquals(10, rollout.metrics().inStep().toSeconds());
    lanes.timer.advanceMillis(3_600_000);
    assertEquals(rollout.metrics(), Await.value(rollout.ended().toCompletableFuture()));
  }

  /** The control lane is closed; its version serves on. */
  @Test
  void rollBack_onlyTheCanaryIsRetired() {
    assertTrue(deployment.rollOut(plan(2)).rollBack("enough").isDone());
    Await.until("the lanes to be drained", () -> deployment.metrics().lanes().size() == 1);
    assertTrue(deployment.rollOut(plan(3)).promote("good"));
    VersionRetired canary = new VersionRetired("m", "m@2");
    Await.until("the canary to be retired", () -> lanes.events().contains(canary));
    Await.until("the lanes to be drained", () -> deployment.metrics().lanes().size() == 2);
    List<?> retired = lanes.events().stream().filter(VersionRetired.class::isInstance).toList();
    assertEquals(List.of(canary), retired);
  }

  @Test
  void close_tellsThatTheRolloutHasEnded() {
    deployment.rollOut(plan(2));
    deployment.close();
    RolloutEnded end = new RolloutEnded("m", "m@2", false, "the deployment was closed");
    Await.until("the end to be told", () -> lanes.events().contains(end));
  }

  /** The router tries such a call again on another lane: it is not the canary's failure. */
  @Test
  void submit_refusalOfAClosedLane_wrappedByADependentFuture_isNoEnd() {
    AtomicInteger ends = new AtomicInteger();
    FakeLane lane =
        new FakeLane("lane", input -> "", lanes.threads) {
          @Override
          public CompletableFuture<String> submit(Integer input, CallOptions options) {
            return super.submit(input, options).thenApply(answer -> answer);
          }
        };
    lane.close();
    ObservedPredictor<Integer, String> observed =
        new ObservedPredictor<>(
            lane,
            new ObservedPredictor.Observer<>() {
              @Override
              public long nanoTime() {
                return 0;
              }

              @Override
              public void ended(CallOptions options, long start, String output, Throwable failure) {
                ends.incrementAndGet();
              }
            });
    Throwable refusal = Await.failure(observed.submit(1, CallOptions.DEFAULT));
    assertInstanceOf(
        PredictorClosedException.class,
        refusal instanceof CompletionException ? refusal.getCause() : refusal);
    assertEquals(0, ends.get());
  }

  @Test
  void keys_ofAnyText_stayWithTheirLane() {
    Rollout rollout = deployment.rollOut(plan(2));
    List<String> keys = new ArrayList<>(List.of("", "\ud800", "\udc00\ud800"));
    keys.add("x".repeat(1_000_000));
    for (String key : keys) {
      CallOptions options = CallOptions.DEFAULT.withAffinityKey(key);
      String answer = deployment.predict(7, options);
      rollout.label(key);
      for (int i = 0; i < 5; i++) {
        assertEquals(answer, deployment.predict(7, options));
      }
    }
  }
}
