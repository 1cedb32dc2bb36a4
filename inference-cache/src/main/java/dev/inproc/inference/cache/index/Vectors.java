package dev.inproc.inference.cache.index;

/** Arithmetic of vectors. */
final class Vectors {
  private Vectors() {}

  /** Returns the vector divided by its length; throws if it has no direction. */
  static float[] normalized(float[] vector, int dimension) {
    if (vector.length != dimension) {
      throw new IllegalArgumentException(
          "expected a vector of " + dimension + " values, got " + vector.length);
    }
    double squares = 0; // in double, no square of a float overflows or vanishes
    for (int i = 0; i < dimension; i++) {
      float value = vector[i];
      if (!Float.isFinite(value)) {
        throw new IllegalArgumentException(
            "expected a vector of finite values, got " + value + " at index " + i);
      }
      squares += (double) value * value;
    }
    if (squares == 0) {
      throw new IllegalArgumentException(
          "expected a vector with a direction, got " + dimension + " zeros");
    }
    double scale = 1 / Math.sqrt(squares);
    float[] unit = new float[dimension];
    for (int i = 0; i < dimension; i++) {
      unit[i] = (float) (vector[i] * scale);
    }
    return unit;
  }

  /** Returns the cosine of two vectors of length 1. */
  static float cosine(float[] a, float[] b) {
    return Math.max(-1, Math.min(1, dot(a, b)));
  }

  /** With eight sums, no addition waits for the one before. */
  private static float dot(float[] a, float[] b) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    float s4 = 0;
    float s5 = 0;
    float s6 = 0;
    float s7 = 0;
    int i = 0;
    for (int end = a.length - 7; i < end; i += 8) {
      s0 += a[i] * b[i];
      s1 += a[i + 1] * b[i + 1];
      s2 += a[i + 2] * b[i + 2];
      s3 += a[i + 3] * b[i + 3];
      s4 += a[i + 4] * b[i + 4];
      s5 += a[i + 5] * b[i + 5];
      s6 += a[i + 6] * b[i + 6];
      s7 += a[i + 7] * b[i + 7];
    }
    for (; i < a.length; i++) {
      s0 += a[i] * b[i];
    }
    return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7));
  }
}
