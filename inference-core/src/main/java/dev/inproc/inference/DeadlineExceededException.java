package dev.inproc.inference;

import dev.inproc.inference.internal.concurrent.Durations;
import java.time.Duration;

/** The call's timeout passed before its answer was there. Carries no stack trace: it is routine. */
public final class DeadlineExceededException extends InferenceException {
  private static final long serialVersionUID = 1L;

  /** How far a call had come. */
  public enum Stage {
    /** It waited in a queue; the model did not run for it. */
    QUEUED("the call waited in the queue"),
    /** The model was running for it, or its answer was on its way. */
    RUNNING("the model was running"),
    /** It waited for the run of an equal request that another caller had begun. */
    JOINED("the call waited for the run of an equal request"),
    /** The layer that fails it does not know. */
    UNKNOWN("");

    private final String words;

    Stage(String words) {
      this.words = words;
    }
  }

  private final Duration timeout;
  private final Stage stage;

  /**
   * Creates one of a layer that does not know how far the call had come.
   *
   * @param timeout what the call had asked for
   */
  public DeadlineExceededException(Duration timeout) {
    super("No answer within " + Durations.millis(timeout), false);
    this.timeout = timeout;
    stage = Stage.UNKNOWN;
  }

  /**
   * Creates one.
   *
   * @param timeout what the call had asked for
   * @param predictor what was called, as its {@code toString} says
   * @param stage how far the call had come
   */
  public DeadlineExceededException(Duration timeout, String predictor, Stage stage) {
    super(
        "No answer within "
            + Durations.millis(timeout)
            + " from "
            + predictor
            + (stage == Stage.UNKNOWN ? "" : ": " + stage.words),
        false);
    this.timeout = timeout;
    this.stage = stage;
  }

  /** Returns the timeout that the call had asked for. */
  public Duration timeout() {
    return timeout;
  }

  /** Returns how far the call had come. */
  public Stage stage() {
    return stage;
  }
}
