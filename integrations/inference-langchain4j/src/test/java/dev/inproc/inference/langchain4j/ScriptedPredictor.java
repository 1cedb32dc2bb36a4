package dev.inproc.inference.langchain4j;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.PredictorClosedException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * Answers by a function. Submitted calls wait until the test lets them end, and are kept with their
 * options.
 */
final class ScriptedPredictor<I, O> implements Predictor<I, O> {
  /** A call. */
  record Call<I, O>(List<I> inputs, CallOptions options, CompletableFuture<O> future) {
    I input() {
      return inputs.get(0);
    }
  }

  private final Function<I, O> answers;
  final List<Call<I, O>> blocking = Collections.synchronizedList(new ArrayList<>());
  final List<Call<I, O>> submitted = Collections.synchronizedList(new ArrayList<>());
  volatile Function<I, CompletableFuture<O>> onSubmit = input -> new CompletableFuture<>();
  volatile boolean closed;

  ScriptedPredictor(Function<I, O> answers) {
    this.answers = answers;
  }

  @Override
  public CompletableFuture<O> submit(I input, CallOptions options) {
    CompletableFuture<O> future = onSubmit.apply(input);
    submitted.add(new Call<>(List.of(input), options, future));
    return future;
  }

  @Override
  public O predict(I input, CallOptions options) {
    return predictAll(List.of(input), options).get(0);
  }

  @Override
  public List<O> predictAll(List<I> inputs, CallOptions options) {
    if (closed) {
      throw new PredictorClosedException("scripted");
    }
    blocking.add(new Call<>(inputs, options, new CompletableFuture<>()));
    return inputs.stream().map(answers).toList();
  }

  /** Submitted calls that have not ended. */
  List<Call<I, O>> waiting() {
    synchronized (submitted) {
      return new ArrayList<>(submitted.stream().filter(call -> !call.future.isDone()).toList());
    }
  }

  /** Ends a submitted call with its answer. */
  void answer(Call<I, O> call) {
    call.future.complete(answers.apply(call.input()));
  }

  @Override
  public void close() {
    closed = true;
  }
}
