package dev.inproc.inference.deploy;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.internal.concurrent.Durations;
import dev.inproc.inference.model.ModelVersion;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * How a version is to prove itself on a growing share of the traffic. Immutable: {@code with...}
 * methods return changed copies.
 *
 * <pre>{@code
 * Rollout rollout = fraud.rollOut(
 *     RolloutPlan.<Transaction, Double>to(candidate)
 *         .withSteps(
 *             new RolloutStep(0.05, Duration.ofMinutes(10), 100),
 *             new RolloutStep(1, Duration.ofMinutes(10), 100))
 *         .withScore(score -> score));
 * }</pre>
 *
 * @param <I> a request
 * @param <O> an answer
 */
public final class RolloutPlan<I, O> {
  private static final Duration TEN_MINUTES = Duration.ofMinutes(10);
  private static final int LEAST_KEYS = 20;
  private static final List<RolloutStep> USUAL_STEPS =
      List.of(
          new RolloutStep(0.01, TEN_MINUTES, LEAST_KEYS),
          new RolloutStep(0.05, TEN_MINUTES, LEAST_KEYS),
          new RolloutStep(0.25, TEN_MINUTES, LEAST_KEYS),
          new RolloutStep(1, Duration.ZERO, 0));
  private static final double MOST_HELD_BACK = 0.5;
  private static final double USUAL_ALPHA = 0.01;
  private static final double MOST_ALPHA = 0.5;
  private static final double MOST_MARGIN = 10;
  private static final int MOST_STEPS = 1_000;

  private final ModelVersion version;
  private final List<RolloutStep> steps;
  private final Duration bake;
  private final double holdBack;
  private final double alpha;
  private final double margin;
  private final Map<RolloutTrigger, TriggerAction> actions;
  private final @Nullable ToDoubleFunction<? super O> score;
  private final @Nullable BiPredicate<? super I, CallOptions> canaryFor;
  private final @Nullable BiPredicate<? super I, CallOptions> stableFor;
  private final ControlLane controlLane;
  private final @Nullable Shadow shadow;
  private final @Nullable ShadowGate gate;

  private RolloutPlan(Builder<I, O> builder) {
    version = builder.version;
    steps = builder.steps;
    bake = builder.bake;
    holdBack = builder.holdBack;
    alpha = builder.alpha;
    margin = builder.margin;
    actions = builder.actions;
    score = builder.score;
    canaryFor = builder.canaryFor;
    stableFor = builder.stableFor;
    controlLane = builder.controlLane;
    shadow = builder.shadow;
    gate = builder.gate;
  }

  private static final class Builder<I, O> {
    private final ModelVersion version;
    private List<RolloutStep> steps = USUAL_STEPS;
    private Duration bake = TEN_MINUTES;
    private double holdBack;
    private double alpha = USUAL_ALPHA;
    private double margin;
    private Map<RolloutTrigger, TriggerAction> actions = new EnumMap<>(RolloutTrigger.class);
    private @Nullable ToDoubleFunction<? super O> score;
    private @Nullable BiPredicate<? super I, CallOptions> canaryFor;
    private @Nullable BiPredicate<? super I, CallOptions> stableFor;
    private ControlLane controlLane = ControlLane.SHARED_SESSION;
    private @Nullable Shadow shadow;
    private @Nullable ShadowGate gate;

    private Builder(ModelVersion version) {
      this.version = version;
      for (RolloutTrigger trigger : RolloutTrigger.values()) {
        actions.put(trigger, TriggerAction.ROLL_BACK);
      }
    }

    private Builder(RolloutPlan<I, O> plan) {
      version = plan.version;
      steps = plan.steps;
      bake = plan.bake;
      holdBack = plan.holdBack;
      alpha = plan.alpha;
      margin = plan.margin;
      actions = new EnumMap<>(plan.actions);
      score = plan.score;
      canaryFor = plan.canaryFor;
      stableFor = plan.stableFor;
      controlLane = plan.controlLane;
      shadow = plan.shadow;
      gate = plan.gate;
    }
  }

  private RolloutPlan<I, O> with(Consumer<Builder<I, O>> change) {
    Builder<I, O> builder = new Builder<>(this);
    change.accept(builder);
    return new RolloutPlan<>(builder);
  }

  /**
   * Returns the usual plan for a version: 1, 5 and 25 % for ten minutes each, then all; ten minutes
   * later the rollout is over, and the version that served before is kept warm as after {@link
   * Deployment#switchTo}. Each trigger rolls back. The chance that an identical version is rolled
   * back is 1 % at most.
   */
  public static <I, O> RolloutPlan<I, O> to(ModelVersion version) {
    return new RolloutPlan<>(new Builder<>(Objects.requireNonNull(version, "version")));
  }

  /** Returns this plan with other steps, at most 1,000, whose shares rise and end with 1. */
  public RolloutPlan<I, O> withSteps(RolloutStep... newSteps) {
    List<RolloutStep> all = List.copyOf(Arrays.asList(newSteps));
    double before = 0;
    for (RolloutStep step : all) {
      if (step.share() <= before) {
        throw new IllegalArgumentException("Expected shares that rise, got " + all);
      }
      before = step.share();
    }
    if (before != 1 || all.size() > MOST_STEPS) {
      throw new IllegalArgumentException(
          "Expected up to 1,000 steps that end with a share of 1, got " + all);
    }
    return with(builder -> builder.steps = all);
  }

  /**
   * Returns this plan with another time between the last step and the end. Until then the version
   * that served before stays in memory, and the rollout can go back at once.
   */
  public RolloutPlan<I, O> withBake(Duration newBake) {
    if (newBake.isNegative() || Durations.of(newBake) == Durations.FOREVER) {
      throw new IllegalArgumentException("Expected a time of 0 or more, got " + newBake);
    }
    return with(builder -> builder.bake = newBake);
  }

  /**
   * Returns this plan with a share of the keys that stay in the control lane during the last step
   * and the bake, so that the triggers go on. Default: 0; then nothing is compared in a step with a
   * share of 1.
   */
  public RolloutPlan<I, O> withHoldBack(double share) {
    if (!(share >= 0 && share <= MOST_HELD_BACK)) {
      throw new IllegalArgumentException("Expected a share from 0 to 0.5, got " + share);
    }
    return with(builder -> builder.holdBack = share);
  }

  /**
   * Returns this plan with another bound of the chance of a false alarm, up to 0.5. Default: 0.01.
   */
  public RolloutPlan<I, O> withAlpha(double newAlpha) {
    if (!(newAlpha > 0 && newAlpha <= MOST_ALPHA)) {
      throw new IllegalArgumentException("Expected a chance above 0, up to 0.5, got " + newAlpha);
    }
    return with(builder -> builder.alpha = newAlpha);
  }

  /**
   * Returns this plan with the excess that raises no alarm: 0.2 tolerates a fifth more incidents
   * than the control lane has. Default: 0; at most 10. The margin has no effect on {@link
   * RolloutTrigger#ANSWERS}, nor on the distribution of scores: these tests tolerate a factor of
   * two.
   */
  public RolloutPlan<I, O> withMargin(double newMargin) {
    if (!(newMargin >= 0 && newMargin <= MOST_MARGIN)) {
      throw new IllegalArgumentException("Expected a margin from 0 to 10, got " + newMargin);
    }
    return with(builder -> builder.margin = newMargin);
  }

  /** Returns this plan with what a trigger does. Default: each rolls back. */
  public RolloutPlan<I, O> withAction(RolloutTrigger trigger, TriggerAction action) {
    Objects.requireNonNull(trigger, "trigger");
    Objects.requireNonNull(action, "action");
    return with(builder -> builder.actions.put(trigger, action));
  }

  /**
   * Returns this plan with a function that turns an answer into the number that {@link
   * RolloutTrigger#PREDICTIONS} watches. It runs before the caller has its answer, so it must be
   * quick. If it throws, the call has no score.
   */
  public RolloutPlan<I, O> withScore(ToDoubleFunction<? super O> newScore) {
    Objects.requireNonNull(newScore, "score");
    return with(builder -> builder.score = newScore);
  }

  /**
   * Returns this plan with a rule for calls that the canary answers from the start, whatever its
   * share. The rule runs on the caller's thread. If it throws, the key decides. A call that a rule
   * routes is never compared, as chance does not choose its lane.
   */
  public RolloutPlan<I, O> withCanaryFor(BiPredicate<? super I, CallOptions> rule) {
    Objects.requireNonNull(rule, "rule");
    return with(builder -> builder.canaryFor = rule);
  }

  /**
   * Returns this plan with a rule for calls that the stable version answers. This rule is asked
   * before that of {@link #withCanaryFor}.
   */
  public RolloutPlan<I, O> withStableFor(BiPredicate<? super I, CallOptions> rule) {
    Objects.requireNonNull(rule, "rule");
    return with(builder -> builder.stableFor = rule);
  }

  /**
   * Returns this plan with a gate that a shadow of the version must pass first. Otherwise {@link
   * Deployment#rollOut} refuses the version.
   *
   * @throws IllegalArgumentException if the shadow is of another version
   */
  public RolloutPlan<I, O> withGate(Shadow ofVersion, ShadowGate newGate) {
    Objects.requireNonNull(newGate, "gate");
    if (!ofVersion.version().equals(version)) {
      throw new IllegalArgumentException(
          "Expected a shadow of " + version + ", got one of " + ofVersion.version());
    }
    return with(
        builder -> {
          builder.shadow = ofVersion;
          builder.gate = newGate;
        });
  }

  /** Returns this plan with another control lane. Default: it borrows the stable lane's session. */
  public RolloutPlan<I, O> withControlLane(ControlLane lane) {
    Objects.requireNonNull(lane, "lane");
    return with(builder -> builder.controlLane = lane);
  }

  /** Returns the version that is to prove itself. */
  public ModelVersion version() {
    return version;
  }

  /** Returns the steps. */
  public List<RolloutStep> steps() {
    return steps;
  }

  /** Returns the time between the last step and the end. */
  public Duration bake() {
    return bake;
  }

  /** Returns the share of the keys that the control lane keeps to the end. */
  public double holdBack() {
    return holdBack;
  }

  /** Returns the bound of the chance of a false alarm. */
  public double alpha() {
    return alpha;
  }

  /** Returns the excess that is no reason for an alarm. */
  public double margin() {
    return margin;
  }

  /** Returns what a trigger does. Without a score function predictions are not tested. */
  public TriggerAction action(RolloutTrigger trigger) {
    return trigger == RolloutTrigger.PREDICTIONS && score == null
        ? TriggerAction.OFF
        : Objects.requireNonNull(actions.get(trigger));
  }

  /** Returns this plan with the functions of another, and nothing else of it. */
  RolloutPlan<I, O> withFunctionsOf(RolloutPlan<I, O> other) {
    return with(
        builder -> {
          builder.score = other.score;
          builder.canaryFor = other.canaryFor;
          builder.stableFor = other.stableFor;
        });
  }

  /** Returns what each trigger does, once predictions have a score. */
  Map<RolloutTrigger, TriggerAction> actions() {
    return Map.copyOf(actions);
  }

  @Nullable ToDoubleFunction<? super O> score() {
    return score;
  }

  @Nullable BiPredicate<? super I, CallOptions> canaryFor() {
    return canaryFor;
  }

  @Nullable BiPredicate<? super I, CallOptions> stableFor() {
    return stableFor;
  }

  /** Returns why the version may not answer callers yet, or null. */
  @Nullable String refusal() {
    return shadow == null || gate == null ? null : shadow.refusal(gate).orElse(null);
  }

  ControlLane controlLane() {
    return controlLane;
  }

  /** Returns how many steps have something to compare with. */
  int comparedSteps() {
    int count = 0;
    for (int i = 0; i < steps.size(); i++) {
      count += controlShare(i) > 0 ? 1 : 0;
    }
    return count;
  }

  /** Returns the canary's share of a step, less what is held back. */
  double canaryShare(int step) {
    return Math.min(steps.get(step).share(), 1 - holdBack);
  }

  /** Returns the control lane's share of a step. */
  double controlShare(int step) {
    return RolloutStep.control(canaryShare(step));
  }

  @Override
  public String toString() {
    return "RolloutPlan["
        + version
        + ", steps="
        + steps
        + ", bake="
        + bake
        + ", alpha="
        + alpha
        + "]";
  }
}
