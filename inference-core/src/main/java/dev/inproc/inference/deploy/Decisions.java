package dev.inproc.inference.deploy;

import dev.inproc.inference.model.ModelVersion;
import java.util.concurrent.CompletableFuture;

/** Keeps which version serves, for the next start and for other processes. */
@FunctionalInterface
interface Decisions {
  /** Keeps nothing. */
  Decisions NONE = (version, reason, command) -> CompletableFuture.completedFuture(null);

  /**
   * Writes a decision later, after those before it. Never blocks and never throws.
   *
   * @param command the number of the command that decided; a later one of the repository's overrules
   *     it
   * @return completes once it is on disk, or is overruled
   */
  CompletableFuture<Void> record(ModelVersion serving, String reason, long command);
}
