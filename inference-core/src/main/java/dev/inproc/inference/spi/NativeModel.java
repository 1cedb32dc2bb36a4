package dev.inproc.inference.spi;

import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import java.util.Map;
import java.util.Set;

/**
 * A model as an engine loaded it: what an engine's author implements. It sees whole batches in
 * native memory; it checks, gathers, pools and cuts nothing. Thread-safe. The caller sees to it
 * that no binding is in use when the model is closed.
 */
public interface NativeModel extends AutoCloseable {
  /** Returns the model's own signature, batch axis included. */
  Signature signature();

  /**
   * Returns the outputs that the model has and this engine cannot read, each with the reason in
   * words. They are not in the signature.
   */
  default Map<String, String> unreadableOutputs() {
    return Map.of();
  }

  /**
   * Checks that this engine can pass the elements of a STRING input to native code as they are.
   *
   * @throws dev.inproc.inference.InvalidInputException if it cannot
   */
  default void checkStrings(TensorSpec input, Tensor strings) {}

  /**
   * Returns inputs that no answer depends on, by name. They are not in the signature; a call may
   * hold them, and they are dropped.
   */
  default Set<String> unusedInputs() {
    return Set.of();
  }

  /** Returns what the model file says of itself: producer, version, custom entries. */
  Map<String, String> metadata();

  /**
   * Returns what else may change an answer's last digits: the runtime with its version, threads and
   * settings. Findings of the integrity probe are said of it, and kept for it alone.
   */
  default String runtime() {
    return "";
  }

  /**
   * Returns what the graph tells about state that outlives a run. {@link Statefulness#NONE} lets a
   * probe run on the very replica that is served, also beside callers.
   */
  default Statefulness statefulness() {
    return Statefulness.POSSIBLE;
  }

  /**
   * Prepares everything that a run of these shapes needs, for use by one thread at a time and any
   * number of times.
   */
  IoBinding open(BindingSpec spec);

  /** Frees the model. Called once. */
  @Override
  void close();
}
