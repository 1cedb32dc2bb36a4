package dev.inproc.inference;

/**
 * The calling thread was interrupted while it waited for an answer. The call was cancelled and the
 * thread's interrupt status is set again.
 */
public final class InferenceInterruptedException extends InferenceException {
  private static final long serialVersionUID = 1L;

  /** Creates one for the interrupt that ended the wait. */
  public InferenceInterruptedException(InterruptedException cause) {
    super("Interrupted while waiting for an answer", cause);
  }
}
