package dev.inproc.inference.deploy;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.CacheMode;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.internal.concurrent.Timer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Runs a lane before its first call, through all its layers, on a thread like those that serve.
 * Each batch size is run until two runs in a row take the same time but for a fifth, so that
 * memory, kernels and compiled code are in place.
 *
 * <p>The model that serves meanwhile shares the processors, and the threads of an engine are fixed
 * when its session is made. So a pause of twice a run's time follows each run: the warm-up takes a
 * third of the engine's threads' time.
 */
final class LaneWarmUp<I> {
  /** Steady code needs some; an engine that never becomes steady must not hold the switch up. */
  static final int MOST_ROUNDS = 20;

  private static final double STEADY = 0.2;
  private static final int PAUSE_TIMES = 2;

  /** No cache may answer in place of the model, nor keep what the warm-up asked. */
  private static final CallOptions OPTIONS =
      CallOptions.DEFAULT.withCacheMode(CacheMode.BYPASS).withOverload(CallOptions.Overload.WAIT);

  private final List<I> inputs;
  private final List<Integer> sizes;
  private final Timer timer;

  LaneWarmUp(List<I> inputs, List<Integer> sizes, Timer timer) {
    this.inputs = inputs;
    this.sizes = sizes;
    this.timer = timer;
  }

  /**
   * Warms a lane up.
   *
   * @return an answer to each input
   * @throws InterruptedException if the candidate was given up
   */
  <O> List<O> run(Predictor<I, O> lane, Candidate candidate) throws InterruptedException {
    if (inputs.isEmpty()) {
      return List.of();
    }
    for (int size : sizes) {
      rounds(lane, batch(size), candidate);
    }
    List<O> answers = new ArrayList<>(inputs.size());
    for (I input : inputs) {
      pause(candidate, timed(() -> answers.add(lane.predict(input, OPTIONS))));
    }
    return answers;
  }

  private List<I> batch(int size) {
    List<I> batch = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      batch.add(inputs.get(i % inputs.size()));
    }
    return Collections.unmodifiableList(batch);
  }

  private <O> void rounds(Predictor<I, O> lane, List<I> batch, Candidate candidate)
      throws InterruptedException {
    long before = round(lane, batch, candidate);
    for (int round = 1; round < MOST_ROUNDS; round++) {
      long now = round(lane, batch, candidate);
      if (Math.abs(now - before) <= STEADY * Math.max(now, before)) {
        return;
      }
      before = now;
    }
  }

  private <O> long round(Predictor<I, O> lane, List<I> batch, Candidate candidate)
      throws InterruptedException {
    long nanos =
        timed(
            () -> {
              if (batch.size() == 1) {
                var unused = lane.predict(batch.get(0), OPTIONS);
              } else {
                var unused = lane.predictAll(batch, OPTIONS);
              }
            });
    pause(candidate, nanos);
    return nanos;
  }

  private long timed(Runnable run) {
    long start = timer.nanoTime();
    run.run();
    return timer.nanoTime() - start;
  }

  private void pause(Candidate candidate, long runNanos) throws InterruptedException {
    if (candidate.isGivenUp()) {
      throw new InterruptedException("given up");
    }
    if (runNanos > 0) {
      candidate.pause(timer, PAUSE_TIMES * runNanos);
    }
  }
}
