package dev.inproc.inference.text;

import dev.inproc.inference.EngineException;
import dev.inproc.inference.tensor.Tensor;

/** Arithmetic on vectors. */
final class Vectors {
  private Vectors() {}

  /** Returns one vector of a model's answer for one text of so many tokens. */
  static float[] pooled(Tensor output, boolean isPooled, Pooling pooling, int tokens) {
    if (isPooled) {
      return output.toFloats();
    }
    int rows = (int) output.shape().dim(0);
    int size = (int) output.shape().dim(1);
    if (rows < tokens) {
      throw new EngineException(
          "Expected a vector for each of " + tokens + " tokens, got " + rows, null);
    }
    return switch (pooling) {
      case CLS -> row(output, 0, size);
      case LAST_TOKEN -> row(output, tokens - 1, size);
      case MEAN -> mean(output.toFloats(), tokens, size);
    };
  }

  private static float[] row(Tensor rows, int row, int size) {
    float[] vector = new float[size];
    for (int i = 0; i < size; i++) {
      vector[i] = rows.getFloat(row * size + i);
    }
    return vector;
  }

  private static float[] mean(float[] rows, int count, int size) {
    float[] mean = new float[size];
    for (int row = 0; row < count; row++) {
      int start = row * size;
      for (int i = 0; i < size; i++) {
        mean[i] += rows[start + i];
      }
    }
    for (int i = 0; i < size; i++) {
      mean[i] /= count;
    }
    return mean;
  }

  /** Adds a vector, multiplied. */
  static void add(float[] sum, float[] vector, float factor) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += factor * vector[i];
    }
  }

  /** Multiplies each value. */
  static void scale(float[] vector, float factor) {
    for (int i = 0; i < vector.length; i++) {
      vector[i] *= factor;
    }
  }

  /** Scales a vector to length one; zeros stay zeros. */
  static void normalize(float[] vector) {
    double squares = 0;
    for (float value : vector) {
      squares += (double) value * value;
    }
    if (squares > 0) {
      scale(vector, (float) (1 / Math.sqrt(squares)));
    }
  }
}
