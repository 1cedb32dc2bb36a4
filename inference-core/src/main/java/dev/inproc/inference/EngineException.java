package dev.inproc.inference;

import org.jspecify.annotations.Nullable;

/** The engine failed while it ran the model; the cause is the engine's own exception. */
public final class EngineException extends InferenceException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates one.
   *
   * @param message what was run and what the engine said
   * @param cause the engine's own exception, if there was one
   */
  public EngineException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
