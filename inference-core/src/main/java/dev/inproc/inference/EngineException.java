package dev.inproc.inference;

import org.jspecify.annotations.Nullable;

/** The engine failed while it ran the model; the cause is the engine's own exception. */
public final class EngineException extends InferenceException {
  private static final long serialVersionUID = 1L;

  private final boolean systemic;

  /**
   * Creates one.
   *
   * @param message what was run and what the engine said
   * @param cause the engine's own exception, if there was one
   */
  public EngineException(String message, @Nullable Throwable cause) {
    this(message, cause, false);
  }

  private EngineException(String message, @Nullable Throwable cause, boolean systemic) {
    super(message, cause);
    this.systemic = systemic;
  }

  /** Returns one that would befall any input: to run parts of the batch again is of no use. */
  public static EngineException systemic(String message, @Nullable Throwable cause) {
    return new EngineException(message, cause, true);
  }

  /** Returns whether any input would have failed, as far as the engine can tell. */
  public boolean isSystemic() {
    return systemic;
  }
}
