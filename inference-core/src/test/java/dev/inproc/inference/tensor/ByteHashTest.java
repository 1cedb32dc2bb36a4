package dev.inproc.inference.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * The hash is seeded for each process, so these tests see another one each time: their bounds are
 * ten standard deviations wide, or one chance in ten thousand of two hashes of 32 bits meeting.
 */
class ByteHashTest {
  private static final int LONGEST = 72; // two steps of four words, and a tail of each length

  private final long seed = System.nanoTime();
  private final SplittableRandom random = new SplittableRandom(seed);

  private byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  @Test
  void equalBytes_ofEachLength_hashAlike() {
    for (int length = 0; length <= LONGEST; length++) {
      byte[] bytes = bytes(length);
      assertEquals(ByteHash.of(bytes), ByteHash.of(bytes.clone()), "length " + length);
    }
  }

  @Test
  void oneBitAnywhere_ofEachLength_changesTheHash() {
    for (int length = 1; length <= LONGEST; length++) {
      byte[] bytes = bytes(length);
      int hash = ByteHash.of(bytes);
      for (int bit = 0; bit < length * 8; bit++) {
        bytes[bit / 8] ^= (byte) (1 << (bit % 8));
        assertNotEquals(hash, ByteHash.of(bytes), length + " bytes, bit " + bit + ", seed " + seed);
        bytes[bit / 8] ^= (byte) (1 << (bit % 8));
      }
    }
  }

  @Test
  void zerosOfEachLength_hashApart() {
    Set<Integer> hashes = new HashSet<>();
    for (int length = 0; length <= LONGEST; length++) {
      assertTrue(hashes.add(ByteHash.of(new byte[length])), "length " + length);
    }
  }

  @Test
  void wordsThatChangePlaces_hashApart() {
    byte[] bytes = bytes(LONGEST);
    int words = LONGEST / Long.BYTES;
    Set<Integer> hashes = new HashSet<>(Set.of(ByteHash.of(bytes)));
    for (int i = 0; i < words; i++) {
      for (int j = 0; j < i; j++) {
        ByteBuffer swapped = ByteBuffer.wrap(bytes.clone());
        long word = swapped.getLong(i * Long.BYTES);
        swapped.putLong(i * Long.BYTES, swapped.getLong(j * Long.BYTES));
        swapped.putLong(j * Long.BYTES, word);
        assertTrue(hashes.add(ByteHash.of(swapped.array())), i + " and " + j + ", seed " + seed);
      }
    }
  }

  /** A good hash of n keys into n buckets fills 1 - 1/e of them. */
  @Test
  void keysThatDifferLittle_fillTheBuckets() {
    int count = 1 << 16;
    for (int length : new int[] {4, 8, 12, 32, 1536}) {
      for (int place = 0; place < length; place += Math.max(4, length / 4)) {
        for (int shift : new int[] {0, 16}) { // tables look at the low bits, some mix in the high
          BitSet filled = new BitSet(count);
          byte[] bytes = new byte[length];
          for (int i = 0; i < count; i++) {
            ByteBuffer.wrap(bytes).putInt(place, Float.floatToRawIntBits(i)); // as in an embedding
            filled.set((ByteHash.of(bytes) >>> shift) & (count - 1));
          }
          double share = (double) filled.cardinality() / count;
          assertEquals(0.632, share, 0.012, length + " bytes, place " + place + ", " + shift);
        }
      }
    }
  }

  @Test
  void oneBit_changesHalfOfTheHash() {
    int trials = 20_000;
    int[] flips = new int[Integer.SIZE];
    for (int i = 0; i < trials; i++) {
      byte[] bytes = bytes(1 + random.nextInt(LONGEST));
      int before = ByteHash.of(bytes);
      int bit = random.nextInt(bytes.length * 8);
      bytes[bit / 8] ^= (byte) (1 << (bit % 8));
      int changed = before ^ ByteHash.of(bytes);
      for (int b = 0; b < Integer.SIZE; b++) {
        flips[b] += (changed >>> b) & 1;
      }
    }
    for (int b = 0; b < Integer.SIZE; b++) {
      assertEquals(0.5, (double) flips[b] / trials, 0.04, "bit " + b + ", seed " + seed);
    }
  }
}
