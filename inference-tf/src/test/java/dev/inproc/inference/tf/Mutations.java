package dev.inproc.inference.tf;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/** Bytes flipped, cut, doubled and overwritten, always the same for one seed. */
final class Mutations {
  private static final int ROUNDS = Integer.getInteger("inproc.fuzz.rounds", 20_000);

  private Mutations() {}

  static void run(long seedOfAll, List<byte[]> seeds, Consumer<byte[]> target) {
    System.out.println("Mutations, seed " + seedOfAll);
    Random random = new Random(seedOfAll);
    for (int round = 0; round < ROUNDS; round++) {
      byte[] seed = seeds.get(round % seeds.size());
      byte[] data = round < seeds.size() ? seed : mutate(random, seed);
      try {
        target.accept(data);
      } catch (Throwable t) {
        throw new AssertionError("round " + round + ": " + Arrays.toString(data), t);
      }
    }
  }

  static byte[] mutate(Random random, byte[] seed) {
    byte[] data = seed.clone();
    for (int i = random.nextInt(4); i >= 0 && data.length > 0; i--) {
      int at = random.nextInt(data.length);
      switch (random.nextInt(5)) {
        case 0 -> data[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> data[at] = (byte) random.nextInt(256);
        case 2 -> data[at] = (byte) 0xff;
        case 3 -> data = Arrays.copyOf(data, at + 1);
        default -> {
          int length = Math.min(random.nextInt(16), data.length - at);
          System.arraycopy(data, random.nextInt(data.length - length + 1), data, at, length);
        }
      }
    }
    return data;
  }
}
