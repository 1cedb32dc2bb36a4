package dev.inproc.inference;

import dev.inproc.inference.concurrent.Nanos;
import java.time.Duration;

/** The call's timeout passed before its answer was there. Carries no stack trace: it is routine. */
public final class DeadlineExceededException extends InferenceException {
  private static final long serialVersionUID = 1L;

  private final Duration timeout;

  /**
   * Creates one.
   *
   * @param timeout what the call had asked for
   */
  public DeadlineExceededException(Duration timeout) {
    super("No answer within " + Nanos.millis(timeout), false);
    this.timeout = timeout;
  }

  /** Returns the timeout that the call had asked for. */
  public Duration timeout() {
    return timeout;
  }
}
