package dev.inproc.benchmarks.peers;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * A predictor of this library, or a baseline of its kind, with requests to it.
 *
 * @param <I> a request
 * @param <O> an answer
 */
public final class Served<I, O> implements Contender {
  private final Predictor<I, O> predictor;
  private final List<I> requests;
  private final CallOptions options;
  private final Function<O, float[]> values;

  /** Owns the predictor. */
  public Served(
      Predictor<I, O> predictor,
      List<I> requests,
      CallOptions options,
      Function<O, float[]> values) {
    this.predictor = predictor;
    this.requests = requests;
    this.options = options;
    this.values = values;
  }

  private I request(int index) {
    return requests.get(index % requests.size());
  }

  @Override
  public boolean isAsynchronous() {
    return true;
  }

  @Override
  public CompletableFuture<?> submit(int index) {
    return predictor.submit(request(index), options);
  }

  @Override
  public Object call(int index) {
    return predictor.predict(request(index), options);
  }

  @Override
  public float[] answer(int index) {
    return values.apply(predictor.predict(request(index), options));
  }

  /** Answers so many requests, from an index on, as a list. */
  public List<O> answers(int from, int count) {
    return predictor.predictAll(requests.subList(from, from + count), options);
  }

  @Override
  public void close() {
    predictor.close();
  }

  @Override
  public String toString() {
    return predictor.toString();
  }
}
