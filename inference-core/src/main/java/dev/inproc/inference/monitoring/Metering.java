package dev.inproc.inference.monitoring;

import dev.inproc.inference.Decorator;
import dev.inproc.inference.Predictor;
import java.util.Objects;

/**
 * A layer that counts the calls of a predictor by outcome and times them. It changes no answer, no
 * option and no thread of a call. Immutable; any number of threads may share one.
 *
 * <pre>{@code
 * Predictor<String, float[]> embedder =
 *     session.with(Batching.upTo(32)).with(codec).with(Metering.named("faq"));
 * embedder.find(MeteringStats.class).orElseThrow().metrics();
 * }</pre>
 *
 * <p>It measures what the layer outside it sees: around a cache, hits are in its figures; inside of
 * one, they are not. A blocking call costs two clock readings and some plain writes, and allocates
 * nothing. {@link Predictor#submit} attaches a callback to the future.
 */
public final class Metering implements Decorator {
  private final String name;

  private Metering(String name) {
    this.name = name;
  }

  /**
   * Returns a layer with a name, which its figures and meters carry.
   *
   * @param name what the predictor is for, such as {@code "faq-embedder"}; a few names in all,
   *     since each makes meters of its own: no key, tenant or version
   */
  public static Metering named(String name) {
    Objects.requireNonNull(name, "name");
    if (name.isBlank()) {
      throw new IllegalArgumentException("Expected a name, got a blank one");
    }
    return new Metering(name);
  }

  @Override
  public <I, O> Predictor<I, O> decorate(Predictor<I, O> inner) {
    return new MeteredPredictor<>(inner, name);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Metering that && name.equals(that.name);
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }

  @Override
  public String toString() {
    return "Metering[" + name + "]";
  }
}
