package dev.inproc.inference.deploy;

import dev.inproc.inference.model.ModelVersion;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Keeps the rollout of a deployment for later starts and other processes. Thread-safe. */
interface RolloutStore<I, O> {
  /** Returns the rollout that is under way as far as this process knows, or null. */
  @Nullable KeptRollout live();

  /**
   * Writes that a rollout begins. Blocks until it is on disk.
   *
   * @throws IllegalStateException if one is under way
   */
  RolloutBeginning begin(KeptPlan plan, ModelVersion canary, ModelVersion stable);

  /** Writes a command of this process. Never blocks. */
  void write(ActiveRollout<I, O> rollout);

  /** Has the file read or written soon. Never blocks. */
  void writeSoon();

  /**
   * Writes how this process has ended a rollout. Called with the commands' lock held.
   *
   * @param command the number of the command that decided
   * @param mustOwn whether it counts only if no other process has taken over
   */
  CompletableFuture<Void> end(
      ActiveRollout<I, O> rollout, String why, long command, boolean mustOwn);

  /** Writes how a rollout has ended that is not under way here. */
  CompletableFuture<Void> end(KeptRollout known, RolloutState state, String why);
}
