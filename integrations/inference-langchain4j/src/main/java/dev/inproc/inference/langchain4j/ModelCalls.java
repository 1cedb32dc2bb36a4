package dev.inproc.inference.langchain4j;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.InferenceException;
import dev.inproc.inference.Predictor;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * A predictor as LangChain4j's models call it: a list at a time, with failures that LangChain4j
 * knows.
 *
 * @param predictor what is called
 * @param options for each call
 * @param result makes the response of all answers
 */
record ModelCalls<I, O, R>(
    Predictor<I, O> predictor, CallOptions options, Function<List<O>, R> result) {

  /** Blocks. */
  R call(List<I> inputs) {
    List<O> answers;
    try {
      answers =
          inputs.size() == 1
              ? List.of(predictor.predict(inputs.get(0), options)) // may run on this thread
              : predictor.predictAll(inputs, options);
    } catch (InferenceException e) {
      throw Failures.ofCall(e);
    }
    return result.apply(answers);
  }

  /** Does not block; a cancel of the future withdraws the inputs. */
  CompletableFuture<R> submit(List<I> inputs) {
    return inputs.isEmpty()
        ? CompletableFuture.completedFuture(result.apply(List.of()))
        : ListCall.submit(predictor, inputs, options, result);
  }
}
