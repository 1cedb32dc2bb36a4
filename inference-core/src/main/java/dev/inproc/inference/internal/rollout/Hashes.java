package dev.inproc.inference.internal.rollout;

/** Mixes bits. */
final class Hashes {
  private Hashes() {}

  /**
   * Returns a number each of whose bits depends on all bits of {@code z} (SplitMix64's finalizer).
   */
  static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  /** Returns the identity of a key in one of the tests that share a map. */
  static long of(long key, int test) {
    return test == 0 ? key : mix(key + test * 0x9e3779b97f4a7c15L);
  }
}
