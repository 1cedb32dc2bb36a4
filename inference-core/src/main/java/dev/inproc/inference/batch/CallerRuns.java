package dev.inproc.inference.batch;

import dev.inproc.inference.BatchPredictor;
import dev.inproc.inference.CallOptions;
import java.util.List;
import java.util.function.Consumer;

/** Runs the model on the caller's own thread. Thread-safe. */
final class CallerRuns<I, O> {
  private final BatchPredictor<I, O> inner;
  private final StatsCounter figures;
  private final Runnable checkOpen;
  private final Consumer<I> checkFits;
  private boolean oneByOne; // a hint: once it is false it stays so
  private final CallerRunsCost cost = new CallerRunsCost();

  /**
   * Creates it.
   *
   * @param gathers whether batches are to hold more than one request; this has no effect while the
   *     model runs its examples one by one
   * @param checkOpen throws if the batcher is closed
   * @param checkFits throws if a request is larger than all that may wait
   */
  CallerRuns(
      BatchPredictor<I, O> inner,
      StatsCounter figures,
      boolean gathers,
      Runnable checkOpen,
      Consumer<I> checkFits) {
    this.inner = inner;
    this.figures = figures;
    oneByOne = gathers && inner.traits().maxBatchSize() <= 1;
    this.checkOpen = checkOpen;
    this.checkFits = checkFits;
  }

  /** Whether blocked callers had better run beside each other than be gathered. */
  boolean isBest() {
    return (oneByOne && isStillOneByOne()) || cost.isBelowWakeUp();
  }

  private boolean isStillOneByOne() {
    oneByOne = inner.traits().maxBatchSize() <= 1;
    return oneByOne;
  }

  O predict(I input, CallOptions options) {
    figures.submitted(1);
    try {
      checkOpen.run();
      checkFits.accept(input);
      O output = cost.isSampled() ? timed(input, options) : inner.predict(input, options);
      figures.inline(1);
      return output;
    } catch (Throwable t) {
      figures.failed(t);
      throw t;
    }
  }

  private O timed(I input, CallOptions options) {
    long start = System.nanoTime();
    O output = inner.predict(input, options);
    cost.record(System.nanoTime() - start);
    return output;
  }

  List<O> predictAll(List<I> inputs, CallOptions options) {
    figures.submitted(inputs.size());
    try {
      checkOpen.run();
      checkFit(inputs);
      List<O> outputs = inner.predictAll(inputs, options);
      figures.inline(inputs.size());
      return outputs;
    } catch (Throwable t) {
      figures.failed(t, inputs.size());
      throw t;
    }
  }

  private void checkFit(List<I> inputs) {
    for (int i = 0; i < inputs.size(); i++) {
      try {
        checkFits.accept(inputs.get(i));
      } catch (IllegalArgumentException e) {
        throw AdmissionControl.atIndex(e, i);
      }
    }
  }
}
