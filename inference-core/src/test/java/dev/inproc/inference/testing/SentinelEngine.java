package dev.inproc.inference.testing;

import dev.inproc.inference.engine.Engine;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import java.util.function.Supplier;

/**
 * An engine whose models make each run twice, over memory filled with two patterns, and fail a call
 * whose two answers differ in a bit. Not for models that are random or keep state.
 */
public final class SentinelEngine implements Engine {
  private static final String PROPERTY = "inproc.sentinels";

  private final Engine engine;

  /** Wraps an engine. */
  public SentinelEngine(Engine engine) {
    this.engine = engine;
  }

  @Override
  public String name() {
    return engine.name();
  }

  @Override
  public Session load(ModelSource source, SessionOptions options) {
    return loading(() -> engine.load(source, options));
  }

  /** Loads a model, however it is made, so that its runs are made twice. */
  public static synchronized <T> T loading(Supplier<T> load) {
    String before = System.setProperty(PROPERTY, "true");
    try {
      return load.get();
    } finally {
      if (before == null) {
        System.clearProperty(PROPERTY);
      } else {
        System.setProperty(PROPERTY, before);
      }
    }
  }

  @Override
  public String toString() {
    return engine.toString();
  }
}
