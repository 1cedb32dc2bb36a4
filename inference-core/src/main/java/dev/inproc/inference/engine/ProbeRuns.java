package dev.inproc.inference.engine;

import dev.inproc.inference.Cancellation;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.tensor.Tensors;

/** A probe's runs of a model, one at a time, all stopped by one switch. */
final class ProbeRuns {
  /** What is done around each run; a probe that holds loading up does nothing. */
  interface Pace {
    Pace LOADING = new Pace() {};

    /** Called before a run, while the model is kept open. */
    default void begin() {}

    /** Called after a run, while the model is kept open. */
    default void end() {}

    /** Called when the model is left, with what the run took. */
    default void rest(long nanos) {}
  }

  final LoadedModel model;
  final Runner runner;
  final Cancellation stop = new Cancellation();
  private final Pace pace;
  private double nanosPerRow;

  /**
   * Creates them.
   *
   * @param runner of all outputs
   */
  ProbeRuns(LoadedModel model, Runner runner, Pace pace) {
    this.model = model;
    this.runner = runner;
    this.pace = pace;
  }

  /** What a row took in the last run. */
  double nanosPerRow() {
    return nanosPerRow;
  }

  long[] check(Tensors example) {
    return InputCheck.example(model.layout, example, model.options.maxRunBytes());
  }

  /** Runs one example on one of the model's copies. */
  Tensors one(int copy, Tensors example) {
    return together(copy, example)[0];
  }

  /** Runs examples together on one of the model's copies, padded to the largest. */
  Tensors[] together(int copy, Tensors... batch) {
    long[][] sizes = new long[batch.length][];
    long[] padded = check(batch[0]);
    for (int i = 0; i < batch.length; i++) {
      sizes[i] = check(batch[i]);
      padded = RunPlan.max(padded, sizes[i]);
    }
    if (!model.lifetime.acquire()) {
      throw new PredictorClosedException(model.name);
    }
    long nanos;
    Tensors[] answers;
    try {
      pace.begin();
      long start = model.timer.nanoTime();
      answers = runner.runOn(copy, batch, sizes, padded, stop);
      nanos = model.timer.nanoTime() - start;
      nanosPerRow = (double) nanos / batch.length;
    } finally {
      pace.end();
      model.lifetime.release();
    }
    pace.rest(nanos);
    return answers;
  }
}
