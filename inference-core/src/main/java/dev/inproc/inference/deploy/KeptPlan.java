package dev.inproc.inference.deploy;

import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.internal.rollout.AnalysisSettings;
import dev.inproc.inference.internal.rollout.TriggerKind;
import dev.inproc.inference.model.ModelVersion;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What a file can keep of a plan: all but its functions. Immutable.
 *
 * @param kinds what is tested; empty for nothing. They stay, whatever functions a process has: each
 *     has its part of alpha
 * @param hasScore whether the plan has this function
 * @param hasCanaryFor whether the plan has this function
 * @param hasStableFor whether the plan has this function
 */
record KeptPlan(
    List<RolloutStep> steps,
    Duration bake,
    double holdBack,
    double alpha,
    double margin,
    Map<RolloutTrigger, TriggerAction> actions,
    Set<TriggerKind> kinds,
    ControlLane controlLane,
    boolean hasScore,
    boolean hasCanaryFor,
    boolean hasStableFor) {
  private static final ModelVersion ANY =
      ModelVersion.of("any", 1, ModelSource.bytes("any", new byte[1]));

  static KeptPlan of(RolloutPlan<?, ?> plan) {
    AnalysisSettings settings = Analyses.settings(plan);
    return new KeptPlan(
        plan.steps(),
        plan.bake(),
        plan.holdBack(),
        plan.alpha(),
        plan.margin(),
        plan.actions(),
        settings == null ? Set.of() : settings.kinds(),
        plan.controlLane(),
        plan.score() != null,
        plan.canaryFor() != null,
        plan.stableFor() != null);
  }

  /**
   * Returns the plan.
   *
   * @param completion adds the functions; what else it changes is ignored
   * @throws IllegalArgumentException if this was not made of a plan
   */
  <I, O> RolloutPlan<I, O> plan(ModelVersion canary, UnaryOperator<RolloutPlan<I, O>> completion) {
    RolloutPlan<I, O> plan =
        RolloutPlan.<I, O>to(canary)
            .withSteps(steps.toArray(new RolloutStep[0]))
            .withBake(bake)
            .withHoldBack(holdBack)
            .withAlpha(alpha)
            .withMargin(margin)
            .withControlLane(controlLane);
    for (Map.Entry<RolloutTrigger, TriggerAction> each : actions.entrySet()) {
      plan = plan.withAction(each.getKey(), each.getValue());
    }
    return plan.withFunctionsOf(completion.apply(plan));
  }

  /**
   * Checks what a file says.
   *
   * @throws IllegalArgumentException if this was not made of a plan
   */
  void check() {
    RolloutPlan<Object, Object> plan = plan(ANY, same -> same);
    var unused = settings(plan);
  }

  /** Returns what is tested, or null if that is nothing. */
  @Nullable AnalysisSettings settings(RolloutPlan<?, ?> plan) {
    return kinds.isEmpty()
        ? null
        : new AnalysisSettings(alpha, margin, kinds, plan.comparedSteps());
  }
}
