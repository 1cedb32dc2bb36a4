package dev.inproc.inference;

/** The predictor was closed before the call, or before the call could be run. */
public final class PredictorClosedException extends InferenceException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates one.
   *
   * @param predictor what was closed, as its {@code toString} says
   */
  public PredictorClosedException(String predictor) {
    super(predictor + " is closed", false);
  }
}
