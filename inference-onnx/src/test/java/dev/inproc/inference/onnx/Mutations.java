package dev.inproc.inference.onnx;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Random;

/** Random damage to real models: bits, bytes, lengths, slices lost, doubled and mixed. */
final class Mutations {
  private final Random random;
  private final List<byte[]> seeds;

  Mutations(long seed, List<byte[]> seeds) {
    random = new Random(seed);
    this.seeds = seeds;
  }

  byte[] next() {
    byte[] bytes = any().clone();
    for (int times = 1 + random.nextInt(3); times > 0; times--) {
      bytes = mutate(bytes);
    }
    return bytes;
  }

  private byte[] any() {
    return seeds.get(random.nextInt(seeds.size()));
  }

  private byte[] mutate(byte[] bytes) {
    if (bytes.length < 2) {
      return any().clone();
    }
    int at = random.nextInt(bytes.length);
    int to = Math.min(bytes.length, at + 1 + random.nextInt(1 + random.nextInt(64)));
    // Mostly damage that keeps the lengths: most of the rest is refused at once.
    switch (random.nextInt(16)) {
      case 0, 8, 9, 10, 11, 12, 13 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 1, 14, 15 -> bytes[at] = (byte) random.nextInt(256);
      case 2 -> bytes[at] = new byte[] {0, 1, -1, 127, -128, 0x0a, 0x0b, 0x0c}[random.nextInt(8)];
      case 3 -> bytes[at] += (byte) (random.nextBoolean() ? 1 : -1); // a length, a little off
      case 4 -> {
        return joined(bytes, 0, at, bytes, to, bytes.length); // a slice lost
      }
      case 5 -> {
        return joined(bytes, 0, to, bytes, at, bytes.length); // a slice twice
      }
      case 6 -> {
        byte[] other = any();
        int from = random.nextInt(other.length);
        return joined(bytes, 0, at, other, from, other.length);
      }
      default -> {
        return joined(bytes, 0, at, bytes, 0, 0); // cut off
      }
    }
    return bytes;
  }

  private static byte[] joined(byte[] a, int aFrom, int aTo, byte[] b, int bFrom, int bTo) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(a, aFrom, aTo - aFrom);
    out.write(b, bFrom, bTo - bFrom);
    return out.toByteArray();
  }
}
