package dev.inproc.inference.engine;

import dev.inproc.inference.tensor.Signature;
import java.util.Map;
import java.util.Set;

/**
 * A model as an engine loaded it: what an engine's author implements. It sees whole batches in
 * native memory; it checks, gathers, pools and cuts nothing. Thread-safe. The caller sees to it
 * that no frame is in use when the model is closed.
 */
public interface NativeModel extends AutoCloseable {
  /** Returns the model's own signature, batch axis included. */
  Signature signature();

  /**
   * Returns inputs that no answer depends on, by name. They are not in the signature; a call may
   * hold them, and they are dropped.
   */
  default Set<String> unusedInputs() {
    return Set.of();
  }

  /** Returns the device that it really runs on. */
  Device device();

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
   * Prepares everything that a run of these shapes needs, for use by one thread at a time and any
   * number of times.
   */
  Frame open(FrameRequest request);

  /** Frees the model. Called once. */
  @Override
  void close();
}
