package dev.inproc.inference.deploy;

import dev.inproc.inference.model.ModelVersion;
import java.util.concurrent.CompletableFuture;

/** Keeps which version serves, for the next start and for other processes. */
@FunctionalInterface
interface Decisions {
  /** Keeps nothing. */
  Decisions NONE = (version, reason) -> CompletableFuture.completedFuture(null);

  /**
   * Writes a decision later, after those before it. Never blocks and never throws.
   *
   * @return completes once it is on disk
   */
  CompletableFuture<Void> record(ModelVersion serving, String reason);
}
