package dev.inproc.inference.deploy;

/**
 * What a rollout watches. A trigger compares how many incidents the canary and the control lane
 * have.
 */
public enum RolloutTrigger {
  /**
   * Calls that fail in the model, the codec or the engine. An alarm also needs evidence that the
   * canary fails more than one call in a thousand.
   */
  ERRORS,
  /**
   * Calls that take longer than the p90, p95 or p99 of a sample: the first 1,000 compared calls of
   * both lanes, taken anew each hour.
   */
  LATENCY,
  /**
   * Scores that are not finite, and scores in a decile of a sample of both lanes: the canary has
   * more than twice or less than half of the control lane's. Needs a score function.
   */
  PREDICTIONS,
  /**
   * Calls that are answered: a canary that hangs, refuses or loses calls answers less than half as
   * many as the control lane.
   */
  ANSWERS,
  /** Mistakes that the application reports once it knows the truth: {@link Rollout#label}. */
  LABELS
}
