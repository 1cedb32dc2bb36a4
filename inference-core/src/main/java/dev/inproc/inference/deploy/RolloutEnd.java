package dev.inproc.inference.deploy;

import dev.inproc.inference.model.ModelVersion;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** How a rollout has ended in memory, until it is in the file. */
final class RolloutEnd<I, O> {
  /** As it was known before. */
  final KeptRollout kept;

  final RolloutProgress progress;
  final long command;
  final boolean mustOwn;

  /** Null if the rollout was not under way in this process. */
  final @Nullable ActiveRollout<I, O> rollout;

  /** Fails at the first failure, though the end is tried again. */
  final CompletableFuture<Void> durable = new CompletableFuture<>();

  RolloutEnd(
      KeptRollout kept,
      RolloutProgress progress,
      long command,
      boolean mustOwn,
      @Nullable ActiveRollout<I, O> rollout) {
    this.kept = kept;
    this.progress = progress;
    this.command = command;
    this.mustOwn = mustOwn;
    this.rollout = rollout;
  }

  @Nullable ModelVersion canary() {
    return rollout == null ? null : rollout.canary.version;
  }

  /** Moves the label, and waits for that: a crash in between leaves a label that tells the end. */
  void recordLabel(Decisions decisions, ModelVersion canary) throws IOException {
    try {
      decisions.record(canary, progress.reason(), command).join();
    } catch (CompletionException e) {
      throw new IOException("the label cannot be moved: " + e.getCause(), e);
    }
  }
}
