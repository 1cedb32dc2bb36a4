package dev.inproc.inference.deploy;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.ForwardingPredictor;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.model.ModelVersion;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * The calls of one lane, which are copied to the deployment's shadow once they are answered. A call
 * without a shadow costs one volatile read.
 *
 * @param <T> what callers get: an answer, or one with its facts
 */
final class ShadowedCalls<I, O, T> extends ForwardingPredictor<I, T> {
  private final ModelVersion version;
  private final ShadowSlot<I, O> slot;
  private final Function<T, O> answerOf;

  /**
   * Wraps a view of a lane.
   *
   * @param version the lane's
   * @param answerOf returns the answer in what callers get
   */
  ShadowedCalls(
      Predictor<I, T> inner, ModelVersion version, ShadowSlot<I, O> slot, Function<T, O> answerOf) {
    super(inner);
    this.version = version;
    this.slot = slot;
    this.answerOf = answerOf;
  }

  @Override
  public T predict(I input, CallOptions options) {
    ShadowFeed<I, O> shadow = slot.feed();
    if (shadow == null) {
      return inner().predict(input, options);
    }
    long start = shadow.nanoTime();
    T answer = inner().predict(input, options);
    shadow.answered(version, input, answerOf.apply(answer), options, start);
    return answer;
  }

  @Override
  public List<T> predictAll(List<I> inputs, CallOptions options) {
    ShadowFeed<I, O> shadow = slot.feed();
    if (shadow == null) {
      return inner().predictAll(inputs, options);
    }
    long start = shadow.nanoTime();
    List<T> answers = inner().predictAll(inputs, options);
    for (int i = 0; i < answers.size() && i < inputs.size(); i++) {
      shadow.answered(version, inputs.get(i), answerOf.apply(answers.get(i)), options, start);
    }
    return answers;
  }

  @Override
  public CompletableFuture<T> submit(I input, CallOptions options) {
    ShadowFeed<I, O> shadow = slot.feed();
    if (shadow == null) {
      return inner().submit(input, options);
    }
    long start = shadow.nanoTime();
    CompletableFuture<T> future = inner().submit(input, options);
    if (future.isDone() && !future.isCompletedExceptionally()) { // such as a cache's
      shadow.answered(version, input, answerOf.apply(future.join()), options, start);
      return future;
    }
    return shadow.follow(version, input, options, start, future, answerOf);
  }

  @Override
  public String toString() {
    return inner().toString();
  }
}
