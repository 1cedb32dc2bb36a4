package dev.inproc.inference.deploy;

import dev.inproc.inference.internal.rollout.VoteSink;
import org.jspecify.annotations.Nullable;

/**
 * What a rollout begins with.
 *
 * @param sink takes its votes
 * @param kept as it is in the repository; null if it is kept in memory alone
 */
record RolloutBeginning(long salt, VoteSink sink, @Nullable KeptRollout kept) {
  static RolloutBeginning inMemory() {
    return new RolloutBeginning(Salts.next(), VoteSink.NONE, null);
  }
}
