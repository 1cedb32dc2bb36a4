package dev.inproc.inference;

import org.jspecify.annotations.Nullable;

/** A model could not be loaded: missing, corrupt, unsupported, or no device for it. */
public final class ModelLoadException extends InferenceException {
  private static final long serialVersionUID = 1L;

  private final String model;

  /**
   * Creates one.
   *
   * @param model the model's name or path
   * @param reason why it could not be loaded
   * @param cause the underlying failure, if there was one
   */
  public ModelLoadException(String model, String reason, @Nullable Throwable cause) {
    super("Cannot load " + model + ": " + reason, cause);
    this.model = model;
  }

  /** Returns the model's name or path. */
  public String model() {
    return model;
  }
}
