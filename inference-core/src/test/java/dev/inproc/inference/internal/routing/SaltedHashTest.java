package dev.inproc.inference.internal.routing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/** Known values, and how structured keys spread. */
class SaltedHashTest {
  private static final int KEYS = 100_000;

  /** The key of the published test vectors: bytes 0 to 15. */
  private static final long K0 = 0x0706050403020100L;

  private static final long K1 = 0x0f0e0d0c0b0a0908L;

  /** A string whose UTF-16 code units are the bytes 0, 1, 2, ... */
  private static String bytes(int count) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i += 2) {
      text.append((char) (i | (i + 1) << 8));
    }
    return text.toString();
  }

  @Test
  void hash_publishedVectors_areMet() { // of the authors' reference implementation
    assertEquals(0x726fdb47dd0e0e31L, SaltedHash.hash(K0, K1, bytes(0)));
    assertEquals(0x0d6c8009d9a94f5aL, SaltedHash.hash(K0, K1, bytes(2)));
    assertEquals(0xcf2794e0277187b7L, SaltedHash.hash(K0, K1, bytes(4)));
    assertEquals(0xcbc9466e58fee3ceL, SaltedHash.hash(K0, K1, bytes(6)));
    assertEquals(0x93f5f5799a932462L, SaltedHash.hash(K0, K1, bytes(8)));
  }

  /** Another process and another JDK must send a key to the same lane: fixed values. */
  @Test
  void hash_fixedSalts_neverChanges() {
    List<Long> hashes = new ArrayList<>();
    for (long salt : new long[] {0, 1, -1, 0x123456789abcdefL}) {
      for (String key : List.of("", "a", "user-1", "user-2", "Zürich", "\ud83d\ude00")) {
        hashes.add(SaltedHash.hash(salt, key));
      }
    }
    assertEquals(
        FIXED,
        Long.toHexString(hashes.stream().mapToLong(h -> h).reduce(17, (a, b) -> 31 * a + b)));
  }

  private static final String FIXED = "786ea7cdf0e76ba2";

  @Test
  void bound_shares_cutTheRangeInProportion() {
    assertEquals(0, SaltedHash.bound(0));
    assertEquals(Long.MIN_VALUE, SaltedHash.bound(0.5));
    assertEquals(-1, SaltedHash.bound(1));
    for (double share : new double[] {1e-6, 0.01, 0.25, 0.75, 0.999}) {
      double unsigned = (SaltedHash.bound(share) >>> 1) / 0x1p63;
      assertEquals(share, unsigned, 1e-15);
    }
    for (double bad : new double[] {-0.1, 1.1, Double.NaN}) {
      assertThrows(IllegalArgumentException.class, () -> SaltedHash.bound(bad));
    }
  }

  private static double share(long salt, IntFunction<String> keys, double share) {
    long bound = SaltedHash.bound(share);
    int below = 0;
    for (int i = 0; i < KEYS; i++) {
      below += Long.compareUnsigned(SaltedHash.hash(salt, keys.apply(i)), bound) < 0 ? 1 : 0;
    }
    return (double) below / KEYS;
  }

  @Test
  void hash_structuredKeys_areUniform() {
    List<IntFunction<String>> kinds =
        List.of(
            Integer::toString,
            i -> "user-" + i,
            i -> "00000000-0000-4000-8000-" + String.format("%012d", i),
            i -> String.valueOf((char) i) + (char) (i >>> 16),
            i -> "a".repeat(i % 50) + i,
            i -> Long.toString(1L << (i % 60)) + "/" + i);
    SplittableRandom random = new SplittableRandom(1);
    for (int kind = 0; kind < kinds.size(); kind++) {
      for (double share : new double[] {0.01, 0.05, 0.5}) {
        double sigma = Math.sqrt(share * (1 - share) / KEYS);
        double found = share(random.nextLong(), kinds.get(kind), share);
        assertEquals(share, found, 4 * sigma, "kind " + kind + " share " + share);
      }
    }
  }

  /** Two rollouts, one after the other, try different keys: the overlap is that of chance. */
  @Test
  void hash_fiftySalts_overlapAsChance() {
    int salts = 50;
    double share = 0.05;
    long bound = SaltedHash.bound(share);
    SplittableRandom random = new SplittableRandom(2);
    boolean[][] in = new boolean[salts][20_000];
    for (int s = 0; s < salts; s++) {
      long salt = s == 0 ? 0 : s == 1 ? 1 : random.nextLong(); // neighbours too
      for (int k = 0; k < in[s].length; k++) {
        in[s][k] = Long.compareUnsigned(SaltedHash.hash(salt, "user-" + k), bound) < 0;
      }
    }
    double expected = share * share * in[0].length;
    for (int a = 0; a < salts; a++) {
      for (int b = a + 1; b < salts; b++) {
        int both = 0;
        for (int k = 0; k < in[a].length; k++) {
          both += in[a][k] && in[b][k] ? 1 : 0;
        }
        assertTrue(Math.abs(both - expected) < 5 * Math.sqrt(expected), a + ", " + b + ": " + both);
      }
    }
  }
}
