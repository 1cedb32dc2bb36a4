package dev.inproc.inference;

import org.jspecify.annotations.Nullable;

/** The predictor was closed before the call, or before the call could be run. */
public final class PredictorClosedException extends InferenceException {
  private static final long serialVersionUID = 1L;

  private final String predictor;

  /**
   * Creates one.
   *
   * @param predictor what was closed, as its {@code toString} says
   */
  public PredictorClosedException(String predictor) {
    this(predictor, null);
  }

  /**
   * Creates one for a call whose run was stopped.
   *
   * @param predictor what was closed, as its {@code toString} says
   * @param cause what the engine said when its run was stopped
   */
  public PredictorClosedException(String predictor, @Nullable Throwable cause) {
    super(predictor + " is closed", cause);
    this.predictor = predictor;
  }

  /** Returns what was closed, as its {@code toString} says. */
  public String predictor() {
    return predictor;
  }
}
