package dev.inproc.inference.cache.index;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A random rotation, of whose first coordinates the signs are a vector's sketch. Three rounds of
 * random signs and a Walsh-Hadamard transform act like a uniformly random rotation and take n log n
 * additions (Andoni et al., "Practical and Optimal LSH for Angular Distance", 2015). Short vectors
 * are padded, so that a sketch never needs a second rotation.
 */
final class Rotation {
  private static final int ROUNDS = 3;
  private static final int LEAST_SIZE = 512; // a power of two, and not less than the bits

  private final float[][] signs;
  private final int size;

  Rotation(int dimension, long seed) {
    size = Math.max(LEAST_SIZE, Integer.highestOneBit(2 * dimension - 1));
    signs = new float[ROUNDS][size];
    SplittableRandom random = new SplittableRandom(seed);
    for (float[] round : signs) {
      for (int i = 0; i < size; i++) {
        round[i] = random.nextBoolean() ? 1 : -1;
      }
    }
  }

  long bytes() {
    return (long) ROUNDS * size * Float.BYTES;
  }

  /** Returns the sketch of a vector of length 1. */
  int[] sketch(float[] unit) {
    float[] rotated = Arrays.copyOf(unit, size);
    for (float[] round : signs) {
      multiply(rotated, round);
      transform(rotated);
    }
    int[] sketch = new int[Sketches.WORDS];
    for (int i = 0; i < Sketches.BITS; i++) {
      sketch[i >>> 5] |= (Float.floatToRawIntBits(rotated[i]) >>> 31) << i;
    }
    return sketch;
  }

  private static void multiply(float[] values, float[] factors) {
    for (int i = 0; i < values.length; i++) {
      values[i] *= factors[i];
    }
  }

  private static void transform(float[] values) {
    for (int i = 0; i < values.length; i += 4) {
      float sum = values[i] + values[i + 1];
      float difference = values[i] - values[i + 1];
      float nextSum = values[i + 2] + values[i + 3];
      float nextDifference = values[i + 2] - values[i + 3];
      values[i] = sum + nextSum;
      values[i + 1] = difference + nextDifference;
      values[i + 2] = sum - nextSum;
      values[i + 3] = difference - nextDifference;
    }
    for (int half = 4; half < values.length; half *= 2) {
      for (int from = 0; from < values.length; from += 2 * half) {
        sumsAndDifferences(values, from, half);
      }
    }
  }

  private static void sumsAndDifferences(float[] values, int from, int half) {
    for (int i = from; i < from + half; i++) {
      float first = values[i];
      float second = values[i + half];
      values[i] = first + second;
      values[i + half] = first - second;
    }
  }
}
