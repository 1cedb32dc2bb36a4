package dev.inproc.inference.deploy;

import dev.inproc.inference.model.ModelVersion;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * A rollout at one time. Immutable.
 *
 * @param canary the version that is to prove itself
 * @param stable the version that it is to replace
 * @param state how far the rollout is
 * @param reason why it was paused or ended; empty while it goes on
 * @param step the present step, from 1
 * @param steps how many there are
 * @param canaryShare the share of the keys that the canary answers
 * @param controlShare the share of the keys that the control lane answers
 * @param inStep how long the present step or the bake has lasted, less pauses
 * @param keys about how many distinct keys came since the rollout began, to all lanes
 * @param canaryCalls the canary's calls that ended in this step; not counted are calls that a rule
 *     routed, that the lane refused as overloaded, or whose input is invalid; 0 in a process that
 *     does not own the rollout
 * @param canaryErrors how many of them failed
 * @param controlCalls the same of the control lane
 * @param controlErrors how many of them failed
 * @param triggers what each trigger has counted in this step
 * @param alarms the alarms that were raised, the first of each trigger and step
 * @param bytes the memory that the counts take
 */
public record RolloutMetrics(
    ModelVersion canary,
    ModelVersion stable,
    RolloutState state,
    String reason,
    int step,
    int steps,
    double canaryShare,
    double controlShare,
    Duration inStep,
    long keys,
    long canaryCalls,
    long canaryErrors,
    long controlCalls,
    long controlErrors,
    List<TriggerMetrics> triggers,
    List<RolloutAlarm> alarms,
    long bytes) {
  /** Copies the lists. */
  public RolloutMetrics {
    Objects.requireNonNull(canary, "canary");
    Objects.requireNonNull(stable, "stable");
    Objects.requireNonNull(state, "state");
    Objects.requireNonNull(reason, "reason");
    Objects.requireNonNull(inStep, "inStep");
    triggers = List.copyOf(triggers);
    alarms = List.copyOf(alarms);
  }

  /**
   * What a trigger has counted in the present step.
   *
   * @param trigger the trigger
   * @param canaryVotes incidents of the canary that the comparison used: at most one of a key in
   *     the 30 seconds of a round of the evidence, and one of a failed run
   * @param controlVotes the same of the control lane
   * @param evidence the largest ratio of an e-value to its threshold; an alarm needs 1, and ERRORS
   *     also an error rate above 0.1 %
   * @param thresholds the times in nanoseconds above which calls count as slow, or the scores
   *     between which predictions are counted; empty until they are known
   */
  public record TriggerMetrics(
      RolloutTrigger trigger,
      long canaryVotes,
      long controlVotes,
      double evidence,
      List<Double> thresholds) {
    /** Copies the list. */
    public TriggerMetrics {
      Objects.requireNonNull(trigger, "trigger");
      thresholds = List.copyOf(thresholds);
    }
  }

  /**
   * An alarm: the canary had more than its share of incidents.
   *
   * @param trigger which trigger
   * @param what which of its tests, such as {@code "slow calls"}
   * @param action what the rollout did
   * @param step the step, from 1
   * @param afterInStep how long after the step had begun
   * @param canaryVotes the incidents of the canary that the evidence rests on
   * @param controlVotes the same of the control lane
   * @param evidence the e-value that was reached
   * @param threshold the e-value that was needed
   * @param ratioAtLeast the canary has at least this many times the incidents, with the confidence
   *     of the plan; for too few scores or answers the control lane has
   */
  public record RolloutAlarm(
      RolloutTrigger trigger,
      String what,
      TriggerAction action,
      int step,
      Duration afterInStep,
      long canaryVotes,
      long controlVotes,
      double evidence,
      double threshold,
      double ratioAtLeast) {
    /** Checks that nothing is null. */
    public RolloutAlarm {
      Objects.requireNonNull(trigger, "trigger");
      Objects.requireNonNull(what, "what");
      Objects.requireNonNull(action, "action");
      Objects.requireNonNull(afterInStep, "afterInStep");
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%s: %d of the canary's, %d of the control lane's; evidence %.0f of %.0f; ratio at least"
              + " %.2f",
          what,
          canaryVotes,
          controlVotes,
          evidence,
          threshold,
          ratioAtLeast);
    }
  }
}
