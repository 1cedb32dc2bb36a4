package dev.inproc.inference.deploy;

import dev.inproc.inference.internal.rollout.AnalysisSettings;
import org.jspecify.annotations.Nullable;

/** A rollout that is to begin, or to be followed, once its canary is loaded. */
final class RolloutRequest<I, O> {
  final RolloutPlan<I, O> plan;

  /** What is tested; null for nothing. */
  final @Nullable AnalysisSettings settings;

  /** The rollout that another process began; null for a new one. */
  final @Nullable KeptRollout kept;

  /** Set before the candidate's outcome. */
  volatile @Nullable ActiveRollout<I, O> started;

  RolloutRequest(RolloutPlan<I, O> plan) {
    this(plan, Analyses.settings(plan), null);
  }

  RolloutRequest(
      RolloutPlan<I, O> plan, @Nullable AnalysisSettings settings, @Nullable KeptRollout kept) {
    this.plan = plan;
    this.settings = settings;
    this.kept = kept;
  }
}
