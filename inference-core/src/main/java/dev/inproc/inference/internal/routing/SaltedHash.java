package dev.inproc.inference.internal.routing;

/**
 * A hash of strings under a secret salt: SipHash-2-4 (Aumasson and Bernstein, 2012) over the
 * string's UTF-16 code units, two bytes each, low byte first. It is a pseudo-random function of its
 * 128-bit key, so the hashes of any keys that were chosen without the salt look independent and
 * uniform, however alike the keys are. The same salt and key give the same hash in every process.
 */
public final class SaltedHash {
  private static final long C0 = 0x736f6d6570736575L;
  private static final long C1 = 0x646f72616e646f6dL;
  private static final long C2 = 0x6c7967656e657261L;
  private static final long C3 = 0x7465646279746573L;
  private static final long SECOND_HALF = 0x9e3779b97f4a7c15L; // of SipHash's key, of 64 bits
  private static final int CHARS_A_WORD = Long.BYTES / Character.BYTES;
  private static final int WORD_ROUNDS = 2;
  private static final int LAST_ROUNDS = 4;

  private SaltedHash() {}

  /** Returns the hash of a key; as a fraction of the unsigned 64-bit range it is in [0, 1). */
  public static long hash(long salt, String key) {
    return hash(salt, mix(salt + SECOND_HALF), key);
  }

  /** Returns the least hash that is a share of the range or more; a share of 1 has none: -1. */
  public static long bound(double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("Expected a share from 0 to 1, got " + share);
    }
    if (share == 1) {
      return -1;
    }
    double half = share * 0x1p63; // a double beyond 2^63 does not convert
    return (long) half << 1;
  }

  /**
   * Returns a number each of whose bits depends on all bits of {@code z} (SplitMix64's finalizer).
   */
  public static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  static long hash(long k0, long k1, String key) {
    State state = new State(k0, k1); // never escapes: the compiler keeps it in registers
    int length = key.length();
    int whole = length / CHARS_A_WORD * CHARS_A_WORD;
    for (int i = 0; i < whole; i += CHARS_A_WORD) {
      state.word(
          key.charAt(i)
              | (long) key.charAt(i + 1) << 16
              | (long) key.charAt(i + 2) << 32
              | (long) key.charAt(i + 3) << 48);
    }
    long last = ((long) length * Character.BYTES) << 56;
    for (int i = whole; i < length; i++) {
      last |= (long) key.charAt(i) << (Character.SIZE * (i - whole));
    }
    state.word(last);
    return state.end();
  }

  private static final class State {
    private long v0;
    private long v1;
    private long v2;
    private long v3;

    State(long k0, long k1) {
      v0 = C0 ^ k0;
      v1 = C1 ^ k1;
      v2 = C2 ^ k0;
      v3 = C3 ^ k1;
    }

    void word(long word) {
      v3 ^= word;
      rounds(WORD_ROUNDS);
      v0 ^= word;
    }

    long end() {
      v2 ^= 0xff;
      rounds(LAST_ROUNDS);
      return v0 ^ v1 ^ v2 ^ v3;
    }

    private void rounds(int count) {
      for (int i = 0; i < count; i++) {
        v0 += v1;
        v1 = Long.rotateLeft(v1, 13) ^ v0;
        v0 = Long.rotateLeft(v0, 32);
        v2 += v3;
        v3 = Long.rotateLeft(v3, 16) ^ v2;
        v0 += v3;
        v3 = Long.rotateLeft(v3, 21) ^ v0;
        v2 += v1;
        v1 = Long.rotateLeft(v1, 17) ^ v2;
        v2 = Long.rotateLeft(v2, 32);
      }
    }
  }
}
