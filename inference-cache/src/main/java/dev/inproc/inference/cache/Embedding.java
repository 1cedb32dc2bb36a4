package dev.inproc.inference.cache;

import dev.inproc.inference.AnswerFacts;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.CallOptions.CacheMode;
import dev.inproc.inference.Predictor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * How requests become vectors: the predictor that embeds, and its input for a request. The calls
 * keep the deadline, priority and scope of the request's own call.
 *
 * @param <I> a request
 * @param <E> what the embedder takes
 */
record Embedding<I, E>(Predictor<E, float[]> embedder, Function<? super I, ? extends E> input) {

  float[] embed(I request, CallOptions options) {
    return embedder.predict(input.apply(request), own(options));
  }

  CompletableFuture<float[]> submit(I request, CallOptions options) {
    return embedder.submit(
        input.apply(request), own(options).withOverload(CallOptions.Overload.FAIL));
  }

  List<float[]> embedAll(List<I> requests, CallOptions options) {
    List<E> inputs = new ArrayList<>(requests.size());
    for (I request : requests) {
      inputs.add(input.apply(request));
    }
    return embedder.predictAll(inputs, own(options));
  }

  private static CallOptions own(CallOptions options) {
    return AnswerFacts.without(options).withExecutor(null).withCacheMode(CacheMode.USE);
  }
}
