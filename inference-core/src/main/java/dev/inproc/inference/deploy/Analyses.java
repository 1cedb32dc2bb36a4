package dev.inproc.inference.deploy;

import dev.inproc.inference.deploy.RolloutMetrics.RolloutAlarm;
import dev.inproc.inference.deploy.RolloutMetrics.TriggerMetrics;
import dev.inproc.inference.internal.rollout.Alarm;
import dev.inproc.inference.internal.rollout.AnalysisSettings;
import dev.inproc.inference.internal.rollout.AnalysisSnapshot;
import dev.inproc.inference.internal.rollout.CanaryAnalysis;
import dev.inproc.inference.internal.rollout.KindSnapshot;
import dev.inproc.inference.internal.rollout.TriggerKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The analysis of a canary in the words of the public API. */
final class Analyses {
  private Analyses() {}

  /** Returns what a plan tests, or null if that is nothing. */
  static @Nullable AnalysisSettings settings(RolloutPlan<?, ?> plan) {
    Set<TriggerKind> kinds = EnumSet.noneOf(TriggerKind.class);
    for (RolloutTrigger trigger : RolloutTrigger.values()) {
      if (plan.action(trigger) != TriggerAction.OFF) {
        kinds.add(TriggerKind.valueOf(trigger.name()));
      }
    }
    int phases = plan.comparedSteps();
    return kinds.isEmpty() || phases == 0
        ? null
        : new AnalysisSettings(plan.alpha(), plan.margin(), kinds, phases);
  }

  static RolloutAlarm alarm(Alarm alarm, RolloutTrigger trigger, TriggerAction action) {
    return new RolloutAlarm(
        trigger,
        alarm.what(),
        action,
        alarm.phase() + 1,
        Duration.ofNanos(alarm.sincePhaseNanos()),
        alarm.canaryVotes(),
        alarm.controlVotes(),
        alarm.evidence(),
        alarm.threshold(),
        alarm.ratioLowerBound());
  }

  /** With the commands' lock held. */
  static RolloutMetrics metrics(ActiveRollout<?, ?> rollout) {
    RolloutPlan<?, ?> plan = rollout.plan;
    CanaryAnalysis analysis = rollout.analysis();
    AnalysisSnapshot now = analysis == null ? null : analysis.snapshot();
    List<TriggerMetrics> triggers = new ArrayList<>();
    if (now != null) {
      for (KindSnapshot kind : now.kinds()) {
        triggers.add(
            new TriggerMetrics(
                RolloutTrigger.valueOf(kind.kind().name()),
                kind.canaryVotes(),
                kind.controlVotes(),
                kind.evidence(),
                kind.thresholds()));
      }
    }
    return new RolloutMetrics(
        rollout.canary.version,
        rollout.stable.version,
        rollout.state(),
        rollout.reason(),
        rollout.step() + 1,
        plan.steps().size(),
        plan.canaryShare(rollout.step()),
        rollout.control == null ? 0 : plan.controlShare(rollout.step()),
        Duration.ofNanos(rollout.nanosInStep()),
        rollout.keys.estimate(),
        now == null ? 0 : now.canaryCalls(),
        now == null ? 0 : now.canaryErrors(),
        now == null ? 0 : now.controlCalls(),
        now == null ? 0 : now.controlErrors(),
        triggers,
        rollout.alarms(),
        now == null ? 0 : now.bytes());
  }
}
