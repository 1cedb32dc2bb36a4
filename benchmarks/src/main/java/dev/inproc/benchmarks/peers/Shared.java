package dev.inproc.benchmarks.peers;

import dev.inproc.inference.Batch;
import dev.inproc.inference.BatchPredictor;
import dev.inproc.inference.BatchTraits;
import dev.inproc.inference.CallOptions;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A model under several contenders, of which one runs at a time; closing it does nothing. */
record Shared<I, O>(BatchPredictor<I, O> model) implements BatchPredictor<I, O> {
  @Override
  public BatchTraits<I> traits() {
    return model.traits();
  }

  @Override
  public void run(Batch<I, O> batch) {
    model.run(batch);
  }

  @Override
  public CompletableFuture<O> submit(I input, CallOptions options) {
    return model.submit(input, options);
  }

  @Override
  public O predict(I input, CallOptions options) {
    return model.predict(input, options);
  }

  @Override
  public List<O> predictAll(List<I> inputs, CallOptions options) {
    return model.predictAll(inputs, options);
  }

  @Override
  public void close() {}

  @Override
  public String toString() {
    return model.toString();
  }
}
