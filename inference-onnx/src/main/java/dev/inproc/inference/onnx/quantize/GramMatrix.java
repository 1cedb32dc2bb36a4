package dev.inproc.inference.onnx.quantize;

import java.util.stream.IntStream;

/**
 * The sum of x xᵀ over the rows x of an activation: the Hessian, but for a factor, of a product's
 * squared error. The lower triangle only. Each sum is taken in the order of the rows, whatever the
 * number of threads.
 */
final class GramMatrix {
  private static final int AT_ONCE = 64; // rows that stay in the second-level cache

  private final int width;
  private final float[][] lower;
  private int rows;

  GramMatrix(int width) {
    this.width = width;
    lower = new float[width][];
    for (int i = 0; i < width; i++) {
      lower[i] = new float[i + 1];
    }
  }

  /** The bytes of a matrix of this width. */
  static long bytes(int width) {
    return (long) width * (width + 1) / 2 * Float.BYTES;
  }

  int width() {
    return width;
  }

  /** How many rows were added. */
  int rows() {
    return rows;
  }

  /** Adds the first rows of an array. */
  void add(float[] values, int count) {
    for (int first = 0; first < count; first += AT_ONCE) {
      int start = first;
      int end = Math.min(count, first + AT_ONCE);
      IntStream.range(0, width).parallel().forEach(i -> add(i, values, start, end));
    }
    rows += count;
  }

  private void add(int i, float[] values, int start, int end) {
    float[] sums = lower[i];
    int row = start;
    for (; row + 4 <= end; row += 4) { // four at a time: each sum is loaded and stored once
      int a = row * width;
      int b = a + width;
      int c = b + width;
      int d = c + width;
      float xa = values[a + i];
      float xb = values[b + i];
      float xc = values[c + i];
      float xd = values[d + i];
      for (int j = 0; j <= i; j++) {
        sums[j] +=
            xa * values[a + j] + xb * values[b + j] + xc * values[c + j] + xd * values[d + j];
      }
    }
    for (; row < end; row++) {
      int a = row * width;
      float x = values[a + i];
      for (int j = 0; j <= i; j++) {
        sums[j] += x * values[a + j];
      }
    }
  }

  /** The sum for two channels. */
  float get(int i, int j) {
    return i >= j ? lower[i][j] : lower[j][i];
  }
}
