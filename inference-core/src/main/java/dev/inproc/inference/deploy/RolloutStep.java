package dev.inproc.inference.deploy;

import dev.inproc.inference.internal.concurrent.Durations;
import java.time.Duration;
import java.util.Objects;

/**
 * One step of a rollout: how much of the traffic the canary takes, and how long at least. A rollout
 * leaves a step once both the time is over and enough keys have been seen. Neither depends on how
 * the canary does. Immutable.
 *
 * @param share the canary's share of the keys, above 0 and up to 1
 * @param atLeast the least time in this step
 * @param atLeastKeys the least number of keys that the canary's share makes of all keys seen since
 *     the rollout began; a call without an affinity key counts as a key
 */
public record RolloutStep(double share, Duration atLeast, long atLeastKeys) {
  /** Checks the ranges. */
  public RolloutStep {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("Expected a share above 0 and up to 1, got " + share);
    }
    Objects.requireNonNull(atLeast, "atLeast");
    if (atLeast.isNegative() || Durations.of(atLeast) == Durations.FOREVER) {
      throw new IllegalArgumentException("Expected a least time of 0 to 146 years, got " + atLeast);
    }
    if (atLeastKeys < 0) {
      throw new IllegalArgumentException("Expected 0 keys or more, got " + atLeastKeys);
    }
  }

  /** Returns the control lane's share beside a canary of this share. */
  static double control(double share) {
    return Math.min(share, 1 - share);
  }
}
