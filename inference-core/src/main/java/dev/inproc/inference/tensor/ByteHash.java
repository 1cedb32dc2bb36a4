package dev.inproc.inference.tensor;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/**
 * A hash of bytes that reads memory rather than single bytes: four lanes of eight bytes each, so
 * that the multiplications of one step overlap ({@code Arrays.hashCode} does a byte at a time, one
 * after the other). Each lane is multiplied and rotated, since a product carries nothing downwards.
 * Seeded for each process: what collides in one need not in another. Not for security by itself.
 */
final class ByteHash {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final long ODD = 0x9e3779b97f4a7c15L; // 2^64 by the golden ratio
  private static final long SEED = new SplittableRandom().nextLong();
  private static final int STEP = 4 * Long.BYTES;

  private ByteHash() {}

  static int of(byte[] bytes) {
    long a = SEED ^ bytes.length;
    long b = SEED + ODD;
    long c = SEED * ODD;
    long d = ~SEED;
    int at = 0;
    for (; at <= bytes.length - STEP; at += STEP) {
      a = mix(a, (long) LONGS.get(bytes, at));
      b = mix(b, (long) LONGS.get(bytes, at + 8));
      c = mix(c, (long) LONGS.get(bytes, at + 16));
      d = mix(d, (long) LONGS.get(bytes, at + 24));
    }
    for (; at <= bytes.length - Long.BYTES; at += Long.BYTES) {
      a = mix(a, (long) LONGS.get(bytes, at));
    }
    for (; at < bytes.length; at++) {
      b = mix(b, bytes[at]);
    }
    return finish(mix(mix(mix(a, b), c), d));
  }

  private static long mix(long lane, long word) {
    return Long.rotateLeft((lane ^ word) * ODD, 29);
  }

  /** Spreads every bit over all: hash tables look at the lowest. */
  private static int finish(long lane) {
    long z = (lane ^ (lane >>> 32)) * ODD;
    return (int) (z ^ (z >>> 32));
  }
}
