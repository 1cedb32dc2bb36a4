package dev.inproc.inference.cache.streams;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * A predictor that answers at once, on the calling thread.
 *
 * @param answer returns the answer to a request
 */
public record FunctionPredictor<I, O>(Function<I, O> answer) implements Predictor<I, O> {
  @Override
  public O predict(I input, CallOptions options) {
    return answer.apply(input);
  }

  @Override
  public CompletableFuture<O> submit(I input, CallOptions options) {
    return CompletableFuture.completedFuture(answer.apply(input));
  }

  @Override
  public List<O> predictAll(List<I> inputs, CallOptions options) {
    return inputs.stream().map(answer).toList();
  }

  @Override
  public void close() {}
}
