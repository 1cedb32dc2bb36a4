package dev.inproc.inference.deploy;

import static dev.inproc.inference.deploy.Lanes.version;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.testing.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * A rollback by hand races a promotion, the clock's steps, the load of another version and the end
 * of the deployment: one of them decides, and all that can be seen afterwards agrees with it.
 */
class RolloutRacesTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final int RACES = Boolean.getBoolean("inproc.endurance") ? 100_000 : 2_000;

  private final Lanes lanes = new Lanes();
  private final ExecutorService threads = Executors.newFixedThreadPool(4);

  /** What a race came to. */
  private record Outcome(boolean isBack, boolean isPromoted) {}

  private static <T> T quietly(Callable<T> command, T otherwise) {
    try {
      return command.call();
    } catch (PredictorClosedException | CancellationException e) {
      return otherwise;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void rollBack_racingAllElse_oneOutcome() throws Exception {
    long seed = System.nanoTime();
    System.out.println("RolloutRacesTest: seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    Map<RolloutState, Integer> seen = new EnumMap<>(RolloutState.class);
    Deployment<Integer, String> deployment = lanes.open();
    long next = 2;
    for (int race = 0; race < RACES; race++) {
      long number = next++;
      RolloutPlan<Integer, String> plan =
          RolloutPlan.<Integer, String>to(version(number))
              .withSteps(new RolloutStep(0.5, SECOND, 0), new RolloutStep(1, SECOND, 0))
              .withBake(SECOND);
      Rollout rollout = deployment.rollOut(plan);
      Deployment<Integer, String> of = deployment;
      boolean closes = random.nextInt(20) == 0;
      boolean switches = !closes && random.nextInt(10) == 0;
      long other = next++;
      Outcome outcome = race(of, rollout, closes, switches ? other : 0, random.nextInt(3));
      RolloutState state = rollout.state();
      if (outcome.isPromoted) {
        assertEquals(RolloutState.PROMOTED, state);
      }
      if (!closes && !switches) {
        long serves = deployment.version().version();
        assertEquals(state == RolloutState.PROMOTED, serves == number, "race " + race);
      }
      seen.merge(state, 1, Integer::sum);
      assertTrue(state.isTerminal(), state::toString);
      if (outcome.isBack) {
        assertEquals(RolloutState.ROLLED_BACK, state);
      }
      assertEquals(state, Await.value(rollout.ended().toCompletableFuture()).state());
      if (closes) {
        deployment.close();
        assertTrue(lanes.made.stream().allMatch(FakeLane::isClosed));
        lanes.made.clear();
        deployment = lanes.open();
      } else {
        assertTrue(deployment.rollout().isEmpty());
        assertTrue(state != RolloutState.ROLLED_BACK || deployment.version().version() != number);
      }
    }
    deployment.close();
    threads.shutdown();
    System.out.println("RolloutRacesTest: " + seen);
    assertTrue(seen.get(RolloutState.PROMOTED) > RACES / 100);
    assertTrue(seen.get(RolloutState.ROLLED_BACK) > RACES / 100);
    assertTrue(seen.get(RolloutState.CLOSED) > RACES / 200);
  }

  private Outcome race(
      Deployment<Integer, String> deployment,
      Rollout rollout,
      boolean closes,
      long other,
      int clockFirst)
      throws Exception {
    List<Callable<Boolean>> commands = new ArrayList<>();
    CallOptions key = CallOptions.DEFAULT.withAffinityKey("k");
    String canary = rollout.metrics().canary().version() + ":7";
    commands.add(
        () -> {
          boolean isBack = quietly(() -> rollout.rollBack("by hand").isDone(), false);
          if (isBack && other == 0) {
            for (int i = 0; i < 3; i++) {
              String answer = quietly(() -> deployment.predict(7, key), "closed");
              assertTrue(!answer.equals(canary), "a canary's answer after the way back");
            }
          }
          return isBack;
        });
    commands.add(() -> clockFirst != 0 && rollout.promote("by hand"));
    commands.add(
        () -> {
          for (int i = 0; i < (clockFirst == 0 ? 4 : 2); i++) {
            lanes.timer.advance(1_000_000_000);
          }
          return false;
        });
    if (closes) {
      commands.add(
          () -> {
            deployment.close();
            return false;
          });
    } else if (other > 0) {
      commands.add(() -> quietly(() -> deployment.switchTo(version(other)), false));
    }
    CyclicBarrier start = new CyclicBarrier(commands.size());
    List<Future<Boolean>> results = new ArrayList<>();
    for (Callable<Boolean> command : commands) {
      results.add(
          threads.submit(
              () -> {
                start.await();
                return command.call();
              }));
    }
    List<Boolean> done = new ArrayList<>();
    for (Future<Boolean> each : results) {
      done.add(each.get());
    }
    assertTrue(!(done.get(0) && done.get(1)), "both rolled back and promoted");
    return new Outcome(done.get(0), done.get(1));
  }
}
