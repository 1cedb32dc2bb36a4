package dev.inproc.inference.micrometer;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.ForwardingPredictor;
import dev.inproc.inference.Predictor;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** A predictor whose calls are observed. */
final class ObservedPredictor<I, O> extends ForwardingPredictor<I, O> {
  private final String name;
  private final ObservationRegistry registry;

  ObservedPredictor(Predictor<I, O> inner, String name, ObservationRegistry registry) {
    super(inner);
    this.name = name;
    this.registry = registry;
  }

  private Observation start(CallOptions options) {
    Observation observation =
        Observation.createNotStarted("inproc.predict", registry)
            .contextualName("predict " + name)
            .lowCardinalityKeyValue("predictor", name);
    String id = options.requestId();
    if (id != null) {
      observation.highCardinalityKeyValue("request.id", id);
    }
    return observation.start();
  }

  @SuppressWarnings("try") // the scope is closed, not read
  private <T> T observe(CallOptions options, Supplier<T> call) {
    Observation observation = start(options);
    try (Observation.Scope ignored = observation.openScope()) {
      return call.get();
    } catch (Throwable t) {
      observation.error(t);
      throw t;
    } finally {
      observation.stop();
    }
  }

  @Override
  public O predict(I input, CallOptions options) {
    return observe(options, () -> super.predict(input, options));
  }

  @Override
  public List<O> predictAll(List<I> inputs, CallOptions options) {
    return observe(options, () -> super.predictAll(inputs, options));
  }

  @Override
  @SuppressWarnings("try") // the scope is closed, not read
  public CompletableFuture<O> submit(I input, CallOptions options) {
    Observation observation = start(options);
    CompletableFuture<O> future;
    try (Observation.Scope ignored = observation.openScope()) {
      future = super.submit(input, options);
    } catch (Throwable t) {
      observation.error(t);
      observation.stop();
      throw t;
    }
    var unused =
        future.whenComplete(
            (output, failure) -> {
              if (failure != null) {
                observation.error(failure);
              }
              observation.stop();
            });
    return future;
  }

  @Override
  public String toString() {
    return "observed(" + inner() + ")";
  }
}
