package dev.inproc.inference.deploy;

import static dev.inproc.inference.deploy.Lanes.version;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.CacheMode;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.testing.Await;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class LaneWarmUpTest {
  private final Lanes lanes = new Lanes();
  private final List<Integer> sizes = Collections.synchronizedList(new ArrayList<>());
  private final List<Long> pauses = new ArrayList<>();

  /** Records how long pauses are, and ends them at once. */
  private final Timer pausing =
      new Timer() {
        @Override
        public long nanoTime() {
          return lanes.timer.nanoTime();
        }

        @Override
        public Scheduled schedule(Runnable task, long delayNanos) {
          pauses.add(delayNanos / 1_000_000);
          task.run();
          return () -> {};
        }
      };

  private final List<Thread> threads = new CopyOnWriteArrayList<>();
  private final List<CacheMode> modes = new CopyOnWriteArrayList<>();

  /** Records the calls of a lane that takes some milliseconds a run. */
  private FakeLane recording(long... millis) {
    return new FakeLane("lane", input -> "a" + input, lanes.threads) {
      private int run;

      private void ran(int size, CallOptions options) {
        sizes.add(size);
        threads.add(Thread.currentThread());
        modes.add(options.cacheMode());
        if (millis.length > 0) {
          lanes.timer.advanceMillis(millis[Math.min(run++, millis.length - 1)]);
        }
      }

      @Override
      public String predict(Integer input, CallOptions options) {
        ran(1, options);
        return super.predict(input, options);
      }

      @Override
      public List<String> predictAll(List<Integer> inputs, CallOptions options) {
        ran(inputs.size(), options);
        return super.predictAll(inputs, options);
      }
    };
  }

  private List<String> warmUp(FakeLane lane, List<Integer> inputs, List<Integer> batches)
      throws InterruptedException {
    return new LaneWarmUp<>(inputs, batches, pausing)
        .run(lane, new Candidate(version(1), "", false, null));
  }

  @Test
  void eachSize_isRunTwiceAndThenEachInputOnce() throws InterruptedException {
    assertEquals(List.of("a7", "a8"), warmUp(recording(), List.of(7, 8), List.of(1, 4)));
    assertEquals(List.of(1, 1, 4, 4, 1, 1), sizes);
    modes.forEach(mode -> assertSame(CacheMode.BYPASS, mode));
  }

  @Test
  void withoutInputs_nothingIsRun() throws InterruptedException {
    assertEquals(List.of(), warmUp(recording(), List.of(), List.of(1, 4)));
    assertEquals(List.of(), sizes);
  }

  @Test
  void rounds_goOnUntilTwoDifferByLessThanAFifth_withPausesOfTwiceTheTime()
      throws InterruptedException {
    FakeLane lane = recording(100, 50, 30, 26, 26);
    assertEquals(List.of("a7"), warmUp(lane, List.of(7), List.of(8)));
    assertEquals(List.of(8, 8, 8, 8, 1), sizes);
    assertEquals(List.of(200L, 100L, 60L, 52L, 52L), pauses);
  }

  @Test
  void laneThatIsNeverSteady_isWarmAfterTwentyRounds() throws InterruptedException {
    long[] unsteady = new long[25];
    for (int i = 0; i < unsteady.length; i++) {
      unsteady[i] = i % 2 == 0 ? 1 : 5;
    }
    warmUp(recording(unsteady), List.of(7), List.of(2));
    assertEquals(LaneWarmUp.MOST_ROUNDS + 1, sizes.size());
  }

  @Test
  void warmUpOfADeployment_runsThroughTheLaneOnALibraryThread() {
    FakeLane lane = recording();
    try (Deployment<Integer, String> deployment =
        Deployment.<Integer, String>builder((version, context) -> lane)
            .warmUp(List.of(7))
            .warmUpBatchSizes(List.of(1, 16))
            .open(version(1))) {
      assertEquals(List.of(1, 1, 16, 16, 1), sizes);
      threads.forEach(t -> assertTrue(t.getName().startsWith("inproc-worker"), t::getName));
      assertEquals("a7", deployment.predict(7));
    }
  }

  @Test
  void badVersion_failsTheWarmUpOrTheCheck_andIsRefused() {
    lanes.functions.put(
        2L,
        input -> {
          throw new IllegalStateException("bad weights");
        });
    lanes.functions.put(3L, input -> "NaN");
    try (Deployment<Integer, String> deployment =
        Deployment.builder(lanes)
            .warmUp(List.of(7))
            .check(
                (version, input, answer) -> {
                  if (answer.equals("NaN")) {
                    throw new IllegalStateException("not a number, for " + input);
                  }
                })
            .open(version(1))) {
      for (long bad = 2; bad <= 3; bad++) {
        long number = bad;
        ModelLoadException e =
            assertThrows(ModelLoadException.class, () -> deployment.switchTo(version(number)));
        String reason = number == 2 ? "bad weights" : "not a number, for 7";
        assertTrue(e.getMessage().contains(reason), e::getMessage);
        Await.latch(lanes.last().closed);
        assertEquals("1:7", deployment.predict(7));
      }
      assertEquals(2, deployment.metrics().refused());
      assertTrue(deployment.switchTo(version(4)));
    }
  }

  @Test
  void pause_ofAVersionThatIsGivenUp_ends() {
    FakeLane first = recording();
    FakeLane slow = recording(100, 100, 100);
    try (Deployment<Integer, String> deployment =
        Deployment.<Integer, String>builder(
                (version, context) -> version.version() == 1 ? first : slow)
            .warmUp(List.of(7))
            .open(version(1))) {
      CompletableFuture<Boolean> switching =
          CompletableFuture.supplyAsync(() -> deployment.switchTo(version(2)));
      Await.until("the pause", () -> lanes.timer.pending() == 1);
      assertTrue(deployment.rollBack("enough").isDone());
      assertTrue(Await.failure(switching).toString().contains("enough"));
      Await.latch(slow.closed);
      assertEquals(0, lanes.timer.pending());
    }
  }
}
