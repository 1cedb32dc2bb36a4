package dev.inproc.inference.engine;

import dev.inproc.inference.Cancellation;
import dev.inproc.inference.internal.concurrent.Timer;
import dev.inproc.inference.tensor.Tensors;

/** The runs of a probe, one at a time, all stopped by one cancellation. */
final class ProbeRuns {
  /** Hooks around each run. A probe that delays loading needs none. */
  interface Pace {
    Pace LOADING = new Pace() {};

    /** Called before a run, while the model is kept open. */
    default void begin() {}

    /** Called after a run, while the model is kept open. */
    default void end() {}

    /** Called after the model is left, with the time that the run took. */
    default void rest(long nanos) {}
  }

  final ReplicaSet replicas;
  final Runner runner;
  final Cancellation stop = new Cancellation();
  private final LoadedModel model;
  private final Pace pace;
  private double nanosPerRow;

  /**
   * Creates the runs of a probe.
   *
   * @param runner of all outputs
   */
  ProbeRuns(LoadedModel model, Runner runner, Pace pace) {
    this.model = model;
    replicas = model.replicas;
    this.runner = runner;
    this.pace = pace;
  }

  /** The time that a row took in the last run. */
  double nanosPerRow() {
    return nanosPerRow;
  }

  /** Stops the runs after this time unless what it returns is cancelled before. */
  Timer.Scheduled stopAfter(long nanos) {
    return replicas.timer.schedule(stop::cancel, nanos);
  }

  long[] check(Tensors example) {
    return InputCheck.example(replicas.layout, example, replicas.options.maxRunBytes());
  }

  /** Runs one example on one of the model's replicas. */
  Tensors one(int replica, Tensors example) {
    return together(replica, example)[0];
  }

  /** Runs examples together on one of the model's replicas, padded to the largest. */
  Tensors[] together(int replica, Tensors... batch) {
    long[][] sizes = new long[batch.length][];
    long[] padded = check(batch[0]);
    for (int i = 0; i < batch.length; i++) {
      sizes[i] = check(batch[i]);
      padded = RunPlan.max(padded, sizes[i]);
    }
    model.enter();
    long nanos;
    Tensors[] answers;
    try {
      pace.begin();
      long start = replicas.timer.nanoTime();
      answers = runner.runOn(replica, batch, sizes, padded, stop);
      nanos = replicas.timer.nanoTime() - start;
      nanosPerRow = (double) nanos / batch.length;
    } finally {
      pace.end();
      model.leave();
    }
    pace.rest(nanos);
    return answers;
  }
}
