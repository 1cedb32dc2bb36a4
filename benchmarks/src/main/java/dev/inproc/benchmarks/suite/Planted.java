package dev.inproc.benchmarks.suite;

import dev.inproc.inference.Batch;
import dev.inproc.inference.BatchPredictor;
import dev.inproc.inference.BatchTraits;
import dev.inproc.inference.CallOptions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** A model that takes a share longer than it would, so that the guard can be seen to ring. */
record Planted<I, O>(BatchPredictor<I, O> model, double share) implements BatchPredictor<I, O> {
  private <T> T slowly(Supplier<T> work) {
    long begin = System.nanoTime();
    T result = work.get();
    long now = System.nanoTime();
    long end = now + (long) (share * (now - begin));
    while (System.nanoTime() - end < 0) {
      Thread.onSpinWait();
    }
    return result;
  }

  @Override
  public BatchTraits<I> traits() {
    return model.traits();
  }

  @Override
  public void run(Batch<I, O> batch) {
    var unused =
        slowly(
            () -> {
              model.run(batch);
              return batch;
            });
  }

  @Override
  public CompletableFuture<O> submit(I input, CallOptions options) {
    return model.submit(input, options);
  }

  @Override
  public O predict(I input, CallOptions options) {
    return slowly(() -> model.predict(input, options));
  }

  @Override
  public List<O> predictAll(List<I> inputs, CallOptions options) {
    return slowly(() -> model.predictAll(inputs, options));
  }

  @Override
  public void close() {
    model.close();
  }
}
