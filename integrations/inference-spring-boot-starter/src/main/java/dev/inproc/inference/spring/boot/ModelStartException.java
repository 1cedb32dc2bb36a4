package dev.inproc.inference.spring.boot;

import org.jspecify.annotations.Nullable;

/** A model of the properties cannot be served; the application does not start. */
final class ModelStartException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String action;

  /**
   * Creates one.
   *
   * @param model the model's name
   * @param reason what is wrong, as a sentence without a full stop
   * @param action what to do, as a sentence
   */
  ModelStartException(String model, String reason, String action, @Nullable Throwable cause) {
    super(
        "Model \"" + model + "\" (" + InprocProperties.prefix(model) + ") cannot start: " + reason,
        cause);
    this.action = action;
  }

  String action() {
    return action;
  }
}
