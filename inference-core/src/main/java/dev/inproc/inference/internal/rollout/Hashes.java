package dev.inproc.inference.internal.rollout;

import dev.inproc.inference.internal.routing.SaltedHash;

/** Tells keys of different tests apart. */
final class Hashes {
  private Hashes() {}

  /** Returns the identity of a key in one of the tests that share a map. */
  static long of(long key, int test) {
    return test == 0 ? key : SaltedHash.mix(key + test * 0x9e3779b97f4a7c15L);
  }
}
