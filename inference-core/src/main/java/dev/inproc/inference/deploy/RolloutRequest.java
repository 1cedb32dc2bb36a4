package dev.inproc.inference.deploy;

import org.jspecify.annotations.Nullable;

/** A rollout that is to begin once its canary is loaded. */
final class RolloutRequest<I, O> {
  final RolloutPlan<I, O> plan;

  /** Set before the candidate's outcome. */
  volatile @Nullable ActiveRollout<I, O> started;

  RolloutRequest(RolloutPlan<I, O> plan) {
    this.plan = plan;
  }
}
