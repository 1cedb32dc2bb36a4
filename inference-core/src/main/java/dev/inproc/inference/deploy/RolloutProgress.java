package dev.inproc.inference.deploy;

import dev.inproc.inference.deploy.RolloutMetrics.RolloutAlarm;
import java.util.List;

/**
 * How far a rollout is, for another process or a later start. Immutable.
 *
 * @param isBaking whether it bakes, or bakes again once it is resumed
 * @param step from 0
 * @param stepNanos how long the step or the bake has lasted, less pauses
 * @param phaseNanos how long the step has been compared, with pauses
 * @param keys the distinct keys that were seen, as of {@code DistinctKeys}
 */
record RolloutProgress(
    RolloutState state,
    boolean isBaking,
    String reason,
    int step,
    long stepNanos,
    long phaseNanos,
    String keys,
    List<RolloutAlarm> alarms) {

  /** Returns this, paused; one that is paused keeps its reason. */
  RolloutProgress paused(String why) {
    return state == RolloutState.PAUSED
        ? this
        : new RolloutProgress(
            RolloutState.PAUSED, isBaking, why, step, stepNanos, phaseNanos, keys, alarms);
  }

  RolloutProgress ended(RolloutState terminal, String why) {
    return new RolloutProgress(terminal, isBaking, why, step, stepNanos, phaseNanos, keys, alarms);
  }
}
