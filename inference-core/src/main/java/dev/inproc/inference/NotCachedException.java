package dev.inproc.inference;

/**
 * The call wanted an answer from the cache or none ({@link CallOptions.CacheMode#ONLY_IF_CACHED}),
 * and the cache had none. Nothing was run. Carries no stack trace: it is routine.
 */
public final class NotCachedException extends InferenceException {
  private static final long serialVersionUID = 1L;

  /**
   * Creates one.
   *
   * @param predictor what was asked, as its {@code toString} says
   */
  public NotCachedException(String predictor) {
    super(predictor + " has no answer to this request in its cache", false);
  }
}
