package dev.inproc.inference.spi;

import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import java.util.Map;
import java.util.Set;

/**
 * A model as an engine loaded it, implemented by the author of the engine. It gets whole batches in
 * native memory; the library checks inputs, gathers batches, pools memory and cuts answers.
 * Thread-safe. The library closes the model only after all bindings are closed.
 */
public interface NativeModel extends AutoCloseable {
  /** Returns the model's own signature, batch axis included. */
  Signature signature();

  /**
   * Returns the outputs of the model that this engine cannot read, each with the reason in words.
   * The signature does not contain them.
   */
  default Map<String, String> unreadableOutputs() {
    return Map.of();
  }

  /**
   * Checks that this engine can pass the elements of a STRING input to native code unchanged.
   *
   * @throws dev.inproc.inference.InvalidInputException if it cannot
   */
  default void checkStrings(TensorSpec input, Tensor strings) {}

  /**
   * Returns the names of inputs that no answer depends on. The signature does not contain them; a
   * call may, and the library drops them.
   */
  default Set<String> unusedInputs() {
    return Set.of();
  }

  /** Returns the model file's own description: producer, version, custom entries. */
  Map<String, String> metadata();

  /**
   * Returns in words what may change an answer's last digits beside model and device: the runtime
   * with its version, threads and settings. Findings of the integrity probe name it and hold for it
   * alone.
   */
  default String runtime() {
    return "";
  }

  /**
   * Returns what the graph tells about state that outlives a run. With {@link Statefulness#NONE}
   * the probe runs on the replica that is served, also beside callers.
   */
  default Statefulness statefulness() {
    return Statefulness.POSSIBLE;
  }

  /**
   * Prepares everything that runs of these shapes need. One thread at a time uses the result, any
   * number of times.
   */
  IoBinding open(BindingSpec spec);

  /** Frees the model. Called once. */
  @Override
  void close();
}
