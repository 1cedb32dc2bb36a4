package dev.inproc.inference.deploy;

/** What a rollout watches: whether the canary gets more than its share of these incidents. */
public enum RolloutTrigger {
  /** Calls that fail in the model, the codec or the engine. */
  ERRORS,
  /** Calls that take longer than the p90, p95 or p99 of the first 1,000 calls of both lanes. */
  LATENCY,
  /** Scores that are no number, or whose distribution changes grossly; needs a score function. */
  PREDICTIONS,
  /** Calls that end: a canary that hangs or loses calls ends fewer than its share. */
  ANSWERS,
  /** Mistakes that the application reports once it knows the truth: {@link Rollout#label}. */
  LABELS
}
