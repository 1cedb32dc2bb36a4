package dev.inproc.inference.cache.streams;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The nearest of all vectors kept, for simulations on one thread: sign sketches of a random
 * rotation pick the vectors whose cosines are computed. Small sets are compared exactly.
 */
final class FlatIndex {
  private static final int WORDS = 6;
  private static final int BITS = WORDS * 64;
  private static final int EXACT_BELOW = 400;
  private static final int COMPARED = 48;

  private final float[][] planes = new float[BITS][];
  private final List<float[]> vectors = new ArrayList<>();
  private long[] sketches = new long[WORDS * 1024];
  private final int[] perDistance = new int[BITS + 1];
  private short[] distances = new short[1024];

  FlatIndex(int dimensions) {
    Sphere sphere = new Sphere(new SplittableRandom(17), dimensions);
    Arrays.setAll(planes, i -> sphere.direction());
  }

  int size() {
    return vectors.size();
  }

  float[] vector(int entry) {
    return vectors.get(entry);
  }

  long[] sketch(float[] vector) {
    long[] sketch = new long[WORDS];
    for (int i = 0; i < BITS; i++) {
      if (Sphere.dot(planes[i], vector) > 0) {
        sketch[i >> 6] |= 1L << i;
      }
    }
    return sketch;
  }

  void add(float[] vector, long[] sketch) {
    int entry = vectors.size();
    if ((entry + 1) * WORDS > sketches.length) {
      sketches = Arrays.copyOf(sketches, 2 * sketches.length);
      distances = Arrays.copyOf(distances, 2 * distances.length);
    }
    System.arraycopy(sketch, 0, sketches, entry * WORDS, WORDS);
    vectors.add(vector);
  }

  /** Returns the nearest entries, the nearest first, and their cosines. */
  Nearest nearest(float[] vector, long[] sketch, int k) {
    int n = vectors.size();
    int[] best = new int[Math.min(k, n)];
    double[] cosines = new double[best.length];
    int found = 0;
    int farthest = n <= EXACT_BELOW ? BITS : hammingBound(sketch, n);
    for (int i = 0; i < n; i++) {
      if (n > EXACT_BELOW && distances[i] > farthest) {
        continue;
      }
      double cosine = Sphere.dot(vector, vectors.get(i));
      if (found < best.length || cosine > cosines[found - 1]) {
        int at = found < best.length ? found++ : found - 1;
        for (; at > 0 && cosines[at - 1] < cosine; at--) {
          cosines[at] = cosines[at - 1];
          best[at] = best[at - 1];
        }
        cosines[at] = cosine;
        best[at] = i;
      }
    }
    return new Nearest(best, cosines);
  }

  record Nearest(int[] entries, double[] cosines) {}

  private int hammingBound(long[] q, int n) {
    Arrays.fill(perDistance, 0);
    for (int i = 0, at = 0; i < n; i++, at += WORDS) {
      int distance =
          Long.bitCount(q[0] ^ sketches[at])
              + Long.bitCount(q[1] ^ sketches[at + 1])
              + Long.bitCount(q[2] ^ sketches[at + 2])
              + Long.bitCount(q[3] ^ sketches[at + 3])
              + Long.bitCount(q[4] ^ sketches[at + 4])
              + Long.bitCount(q[5] ^ sketches[at + 5]);
      distances[i] = (short) distance;
      perDistance[distance]++;
    }
    int farthest = 0;
    for (int sum = 0; farthest < BITS && sum + perDistance[farthest] < COMPARED; farthest++) {
      sum += perDistance[farthest];
    }
    return farthest;
  }
}
