package dev.inproc.inference.deploy;

import dev.inproc.inference.internal.rollout.DistinctKeys;
import dev.inproc.inference.model.ModelVersion;
import java.util.List;

/**
 * A rollout as a repository keeps it. Immutable.
 *
 * @param salt decides on the keys' lanes, and names the rollout
 * @param epoch grows each time that another process takes the rollout over
 * @param owner the deployment that runs it; empty if nobody does
 * @param beat grows each time that the owner writes
 * @param canary the number of the version
 * @param stable the number of the version that the canary is to replace
 * @param votes how many bytes the step's votes have at least
 * @param hasAllVotes false if some of the step's votes were not kept: it must not be tested anew
 */
record KeptRollout(
    long salt,
    long epoch,
    String owner,
    long beat,
    long canary,
    long stable,
    KeptPlan plan,
    long votes,
    boolean hasAllVotes,
    RolloutProgress progress) {

  /** Returns a new rollout in its first step. */
  static KeptRollout begin(
      String owner, long epoch, ModelVersion canary, ModelVersion stable, KeptPlan plan) {
    RolloutProgress first =
        new RolloutProgress(
            RolloutState.RUNNING, false, "", 0, 0, 0, new DistinctKeys().text(), List.of());
    return new KeptRollout(
        Salts.next(), epoch, owner, 0, canary.version(), stable.version(), plan, 0, true, first);
  }

  boolean isLive() {
    return !progress.state().isTerminal();
  }

  boolean isOf(String who, long itsEpoch) {
    return epoch == itsEpoch && owner.equals(who);
  }

  /** Returns whether this says the same as another, with no sign of life since then. */
  boolean standsStillSince(KeptRollout other) {
    return salt == other.salt
        && epoch == other.epoch
        && beat == other.beat
        && owner.equals(other.owner);
  }

  KeptRollout with(String newOwner, long newEpoch, RolloutProgress now) {
    return with(newOwner, newEpoch, now, votes, hasAllVotes);
  }

  KeptRollout with(
      String newOwner, long newEpoch, RolloutProgress now, long newVotes, boolean all) {
    return new KeptRollout(
        salt, newEpoch, newOwner, beat + 1, canary, stable, plan, newVotes, all, now);
  }

  @Override
  public String toString() {
    return "rollout of version " + canary + " (" + progress.state() + ", owner " + owner + ")";
  }
}
