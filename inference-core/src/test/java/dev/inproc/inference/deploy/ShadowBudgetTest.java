package dev.inproc.inference.deploy;

import static dev.inproc.inference.deploy.ShadowLanes.INPUT;
import static dev.inproc.inference.deploy.ShadowLanes.plan;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.testing.Await;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * When a shadow runs: within its share of the processors, and not while the primary's calls wait.
 */
class ShadowBudgetTest {
  private static final long MILLI = 1_000_000;

  private final ShadowLanes lanes = new ShadowLanes();
  private final Deployment<float[], float[]> deployment = lanes.open();

  @AfterEach
  void close() {
    deployment.close();
    assertEquals(0, lanes.timer.pending(), "no task is left");
  }

  /** Advances in small steps until the copies are run; returns when each run began. */
  private List<Long> run(Shadow shadow, int calls, long runNanos) {
    lanes.functions.put(
        2L,
        input -> {
          lanes.timer.advance(runNanos);
          return input;
        });
    for (int i = 0; i < calls; i++) {
      deployment.predict(INPUT);
    }
    Await.until(
        "the copies to be run",
        () -> {
          if (lanes.timer.pending() > 0) { // else a slice is under way
            lanes.timer.advance(MILLI / 10);
          }
          return shadow.metrics().pending() == 0;
        });
    return lanes.lane(1).times;
  }

  @Test
  void runsOf2Milliseconds_begin20MillisecondsApart() {
    Shadow shadow = deployment.shadow(plan());
    List<Long> begun = run(shadow, 20, 2 * MILLI);
    for (int i = 1; i < begun.size(); i++) {
      long apart = begun.get(i) - begun.get(i - 1);
      assertTrue(apart >= 20 * MILLI, i + ": " + apart);
      assertTrue(apart <= 21 * MILLI, i + ": " + apart);
    }
    assertTrue(shadow.metrics().processorShare() <= 0.11, () -> "" + shadow.metrics());
  }

  @Test
  void shortRuns_shareASlice_andKeepTheShare() {
    Shadow shadow = deployment.shadow(plan().withProcessorShare(0.25).withQueue(1_000));
    List<Long> begun = run(shadow, 400, MILLI / 50); // 8 ms in all
    long took = begun.get(begun.size() - 1) - begun.get(0);
    assertTrue(took >= 28 * MILLI, "8 slices of 1 ms, 7 pauses of 3 ms: " + took);
    assertTrue(took <= 32 * MILLI, "" + took);
  }

  @Test
  void recordersTime_isChargedToo() {
    Shadow shadow =
        deployment.shadow(
            plan().withRecorder((input, primary, answer) -> lanes.timer.advance(3 * MILLI)));
    List<Long> begun = run(shadow, 5, 2 * MILLI);
    for (int i = 1; i < begun.size(); i++) {
      long apart = begun.get(i) - begun.get(i - 1);
      assertTrue(apart >= 50 * MILLI, i + ": " + apart);
    }
  }

  @Test
  void dutyCycle_isTheShareOverTheProcessorsThatARunOccupies() {
    assertEquals(0.1, plan().dutyCycle(8));
    assertEquals(1, plan().charge(8));
    assertEquals(0.4, plan().withThreads(2).dutyCycle(8), 1e-12);
    assertEquals(0.25, plan().withThreads(2).charge(8));
    assertEquals(0.1, plan().withThreads(16).dutyCycle(8), 1e-12);
    assertEquals(1, plan().withThreads(1).withProcessorShare(0.5).dutyCycle(8));
    assertEquals(1, plan().withProcessorShare(1).dutyCycle(8));
  }

  @Test
  void callsOfThePrimaryThatWait_holdTheShadowUp() {
    lanes.primaryWaiting.set(3);
    Shadow shadow = deployment.shadow(plan());
    deployment.predict(INPUT);
    Await.until(
        "looks at the queue",
        () -> {
          lanes.timer.advance(2 * MILLI);
          return shadow.metrics().yields() >= 5;
        });
    assertEquals(List.of(), lanes.lane(1).inputs);
    assertEquals(1, shadow.metrics().pending());
    lanes.primaryWaiting.set(0);
    lanes.drain(shadow);
    assertEquals(1, shadow.metrics().compared());
  }

  @Test
  void idleShadow_schedulesNothing() {
    Shadow shadow = deployment.shadow(plan());
    deployment.predict(INPUT);
    lanes.drain(shadow);
    Await.until(
        "the last pause to end",
        () -> {
          lanes.timer.advance(MILLI);
          return lanes.timer.pending() == 0;
        });
    deployment.predict(INPUT); // and wakes up again
    lanes.drain(shadow);
    assertEquals(2, shadow.metrics().compared());
  }
}
