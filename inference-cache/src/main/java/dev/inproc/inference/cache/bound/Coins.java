package dev.inproc.inference.cache.bound;

import java.security.SecureRandom;

/**
 * Decides which candidates are audited. A coin is independent of everything before it. An
 * implementation is called by one thread at a time.
 */
@FunctionalInterface
public interface Coins {
  /** Returns true with this probability. */
  boolean flip(double probability);

  /** Returns coins that no caller can predict. */
  static Coins unpredictable() {
    return new BufferedCoins(new SecureRandom());
  }
}
