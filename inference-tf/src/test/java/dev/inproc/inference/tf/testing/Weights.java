package dev.inproc.inference.tf.testing;

import java.util.Random;

/** Weights that are the same in every run and in every JVM. */
final class Weights {
  private Weights() {}

  /** Returns values spread evenly over [-bound, bound). */
  static float[] uniform(long seed, int count, double bound) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) ((2 * random.nextFloat() - 1) * bound);
    }
    return values;
  }

  /** Returns a dense, symmetric matrix whose square is the identity: 1 - 2vv' for a unit v. */
  static float[] reflection(long seed, int width) {
    float[] v = uniform(seed, width, 1);
    double norm = 0;
    for (float value : v) {
      norm += (double) value * value;
    }
    float[] matrix = new float[width * width];
    for (int row = 0; row < width; row++) {
      for (int column = 0; column < width; column++) {
        double identity = row == column ? 1 : 0;
        matrix[row * width + column] = (float) (identity - 2.0 * v[row] * v[column] / norm);
      }
    }
    return matrix;
  }
}
