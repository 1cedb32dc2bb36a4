package dev.inproc.inference.deploy;

import java.util.Objects;
import java.util.concurrent.CompletionStage;

/**
 * A rollout that {@link Deployment#rollOut} began. Thread-safe. Commands of several threads take
 * effect one after the other. After the end no command has an effect.
 */
public final class Rollout {
  private final Rollouts<?, ?> rollouts;
  private final RolloutLink<ActiveRollout<?, ?>> link;

  private Rollout(Rollouts<?, ?> rollouts, RolloutLink<ActiveRollout<?, ?>> link) {
    this.rollouts = rollouts;
    this.link = link;
  }

  static <I, O> Rollout of(Rollouts<I, O> rollouts, ActiveRollout<I, O> active) {
    return new Rollout(rollouts, active.link);
  }

  /**
   * Stops the steps; the canary keeps its share, and the triggers still act.
   *
   * @param reason why, for events
   * @return false if the rollout has ended or is paused already
   */
  public boolean pause(String reason) {
    return rollouts.pause(link.active(), Objects.requireNonNull(reason, "reason"));
  }

  /**
   * Goes on with the steps after a pause.
   *
   * @return false if the rollout is not paused
   */
  public boolean resume() {
    return rollouts.resume(link.active());
  }

  /**
   * Has the canary serve all calls at once. The remaining steps are skipped.
   *
   * @param reason why, for the label's history
   * @return false if the rollout has ended
   */
  public boolean promote(String reason) {
    return rollouts.promote(link.active(), Objects.requireNonNull(reason, "reason"));
  }

  /**
   * Has the stable version answer all calls again. A call that begins after this returned never
   * gets an answer of the canary.
   *
   * @param reason why, for events
   * @return whether the rollout had not ended, and when the decision is on disk
   */
  public Rollback rollBack(String reason) {
    return rollouts.rollBack(link.active(), Objects.requireNonNull(reason, "reason"));
  }

  /**
   * Reports a mistake that came to light later, such as a fraud that the model missed, for {@link
   * RolloutTrigger#LABELS}. The application must report each mistake at the same age, whichever
   * version made it: earlier reports of one version would look like more mistakes. The key of a
   * report gives its lane. A report has no effect if its key is in neither lane, or if another
   * process owns the rollout.
   *
   * @param affinityKey the key of the call
   */
  public void label(String affinityKey) {
    Objects.requireNonNull(affinityKey, "affinityKey");
    ActiveRollout<?, ?> now = link.active();
    if (now != null) {
      now.label(affinityKey);
    }
  }

  /** Returns how far the rollout is, and what it has counted. */
  public RolloutMetrics metrics() {
    ActiveRollout<?, ?> now = link.active();
    return now == null ? link.last() : rollouts.metrics(now);
  }

  /** Returns how far the rollout is. */
  public RolloutState state() {
    return metrics().state();
  }

  /** Returns a stage that completes with the last counts once the rollout has ended. */
  public CompletionStage<RolloutMetrics> ended() {
    return link.ended.minimalCompletionStage();
  }

  @Override
  public String toString() {
    return metrics().toString();
  }
}
