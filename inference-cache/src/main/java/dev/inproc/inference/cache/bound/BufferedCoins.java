package dev.inproc.inference.cache.bound;

import java.nio.ByteBuffer;
import java.security.SecureRandom;

/** Coins from a secure generator, which is asked for 512 coins at a time: each call is dear. */
final class BufferedCoins implements Coins {
  private static final double UNIT = 0x1.0p-53;

  private final SecureRandom random;
  private final ByteBuffer bytes = ByteBuffer.allocate(4096).limit(0);

  BufferedCoins(SecureRandom random) {
    this.random = random;
  }

  @Override
  public boolean flip(double probability) {
    if (!bytes.hasRemaining()) {
      random.nextBytes(bytes.array());
      bytes.clear();
    }
    return (bytes.getLong() >>> 11) * UNIT < probability;
  }
}
