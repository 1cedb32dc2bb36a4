package dev.inproc.inference.engine;

import java.util.List;
import java.util.ServiceLoader;

/**
 * Loads models of one format with one runtime. Thread-safe. Create an engine directly, such as
 * {@code new OnnxEngine()}, or find it by name on the module or class path.
 */
public interface Engine {
  /** Returns the engine's short name, such as {@code "onnx"}. */
  String name();

  /**
   * Loads a model. The caller closes the session. The engine verifies {@link ModelSource#sha256}
   * and {@link SessionOptions#maxModelBytes}, and fails if the model breaks either.
   *
   * @throws dev.inproc.inference.ModelLoadException if it cannot be loaded: missing, corrupt, not
   *     safe, not of the digest given, unsupported, or a required device is missing
   * @throws IllegalArgumentException if the options do not fit the model
   */
  Session load(ModelSource source, SessionOptions options);

  /** Loads a model with the default options. */
  default Session load(ModelSource source) {
    return load(source, SessionOptions.DEFAULT);
  }

  /** Returns the engines that {@link ServiceLoader} finds with this interface's class loader. */
  static List<Engine> installed() {
    return ServiceLoader.load(Engine.class, Engine.class.getClassLoader()).stream()
        .map(ServiceLoader.Provider::get)
        .toList();
  }

  /**
   * Returns the installed engine of this name.
   *
   * @throws IllegalArgumentException if there is none; the message lists the installed engines
   */
  static Engine named(String name) {
    List<Engine> engines = installed();
    return engines.stream()
        .filter(engine -> engine.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "No engine \""
                        + name
                        + "\"; installed: "
                        + engines.stream().map(Engine::name).toList()));
  }
}
