package dev.inproc.inference.deploy;

import dev.inproc.inference.internal.rollout.VoteSink;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/**
 * What a rollout begins with.
 *
 * @param sink takes its votes
 * @param kept as it is in the repository; null if it is kept in memory alone
 */
record RolloutBeginning(long salt, VoteSink sink, @Nullable KeptRollout kept) {
  private static final SecureRandom RANDOM = new SecureRandom();

  static long newSalt() {
    return RANDOM.nextLong();
  }

  static RolloutBeginning inMemory() {
    return new RolloutBeginning(newSalt(), VoteSink.NONE, null);
  }
}
