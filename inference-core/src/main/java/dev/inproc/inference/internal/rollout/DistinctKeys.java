package dev.inproc.inference.internal.rollout;

import dev.inproc.inference.internal.routing.SaltedHash;

/**
 * Estimates how many distinct keys it has seen, within 2 % (one standard deviation). Lock-free: a
 * racing update may be lost, and comes back with the key's next call. HyperLogLog (Flajolet et al.,
 * 2007) with 4,096 registers of a byte.
 */
public final class DistinctKeys {
  private static final int BITS = 12;
  private static final int SIZE = 1 << BITS;
  private static final int MOST = 64 - BITS + 1; // the highest rank
  private static final String DIGITS =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  private static final double BIAS = 0.7213 / (1 + 1.079 / SIZE);

  private final byte[] registers = new byte[SIZE];

  /**
   * Takes a key's hash. It is mixed: the same bits choose the key's lane, and what depends on the
   * estimate must not depend on lanes.
   */
  public void add(long hash) {
    long mixed = SaltedHash.mix(hash);
    int index = (int) (mixed >>> (64 - BITS));
    int rank = Long.numberOfLeadingZeros((mixed << BITS) | (1L << (BITS - 1))) + 1;
    if (rank > registers[index]) {
      registers[index] = (byte) rank;
    }
  }

  /** Returns what was seen, as 4,096 letters and digits for {@link #merge}. */
  public String text() {
    StringBuilder out = new StringBuilder(SIZE);
    for (byte each : registers) {
      out.append(DIGITS.charAt(each));
    }
    return out.toString();
  }

  /** Returns whether a text can be merged. */
  public static boolean isText(String text) {
    return text.length() == SIZE && text.chars().allMatch(c -> 0 <= rank(c) && rank(c) <= MOST);
  }

  /** Adds what another process has seen. */
  public void merge(String text) {
    for (int i = 0; i < SIZE; i++) {
      registers[i] = (byte) Math.max(registers[i], rank(text.charAt(i)));
    }
  }

  private static int rank(int digit) {
    return DIGITS.indexOf(digit);
  }

  /** Returns the estimate. */
  public long estimate() {
    double sum = 0;
    int empty = 0;
    for (byte each : registers) {
      sum += 1.0 / (1L << each);
      empty += each == 0 ? 1 : 0;
    }
    double raw = BIAS * SIZE * SIZE / sum;
    boolean isSmall = raw <= 2.5 * SIZE && empty > 0;
    return Math.round(isSmall ? SIZE * Math.log((double) SIZE / empty) : raw);
  }
}
