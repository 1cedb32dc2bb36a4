package dev.inproc.inference.micrometer;

import dev.inproc.inference.Decorator;
import dev.inproc.inference.Predictor;
import io.micrometer.observation.ObservationRegistry;
import java.util.Objects;

/**
 * A layer that makes an {@code Observation} of each call, for traces and timers: {@code
 * inproc.predict}, with the key {@code predictor}, and {@code request.id} where the call's options
 * have one. Figures alone need no such layer: see {@link PredictorMeters}. Immutable.
 *
 * <pre>{@code
 * Predictor<String, float[]> traced = embedder.with(Observing.calls("faq", registry));
 * }</pre>
 */
public final class Observing implements Decorator {
  private final String name;
  private final ObservationRegistry registry;

  private Observing(String name, ObservationRegistry registry) {
    this.name = name;
    this.registry = registry;
  }

  /**
   * Returns a layer that observes calls.
   *
   * @param name the value of the key {@code predictor}
   */
  public static Observing calls(String name, ObservationRegistry registry) {
    return new Observing(
        Objects.requireNonNull(name, "name"), Objects.requireNonNull(registry, "registry"));
  }

  @Override
  public <I, O> Predictor<I, O> decorate(Predictor<I, O> inner) {
    return new ObservedPredictor<>(inner, name, registry);
  }

  @Override
  public String toString() {
    return "Observing[" + name + "]";
  }
}
