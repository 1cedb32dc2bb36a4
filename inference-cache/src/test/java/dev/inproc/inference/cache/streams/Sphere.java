package dev.inproc.inference.cache.streams;

import java.util.SplittableRandom;

/** Random directions. */
final class Sphere {
  private final SplittableRandom random;
  private final int dimensions;

  Sphere(SplittableRandom random, int dimensions) {
    this.random = random;
    this.dimensions = dimensions;
  }

  /** Returns a direction, all being equally likely. */
  float[] direction() {
    float[] vector = new float[dimensions];
    for (int i = 0; i < dimensions; i++) {
      vector[i] = (float) gaussian(random);
    }
    return unit(vector);
  }

  /** Returns a direction at a given cosine to another. */
  float[] near(float[] other, double cosine) {
    float[] noise = direction();
    double along = dot(noise, other);
    for (int i = 0; i < dimensions; i++) {
      noise[i] -= (float) (along * other[i]);
    }
    unit(noise);
    double across = Math.sqrt(Math.max(0, 1 - cosine * cosine));
    for (int i = 0; i < dimensions; i++) {
      noise[i] = (float) (cosine * other[i] + across * noise[i]);
    }
    return unit(noise);
  }

  static float[] unit(float[] vector) {
    double length = Math.sqrt(dot(vector, vector));
    for (int i = 0; i < vector.length; i++) {
      vector[i] = (float) (vector[i] / length);
    }
    return vector;
  }

  static double dot(float[] a, float[] b) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    int i = 0;
    for (; i + 3 < a.length; i += 4) {
      s0 += a[i] * b[i];
      s1 += a[i + 1] * b[i + 1];
      s2 += a[i + 2] * b[i + 2];
      s3 += a[i + 3] * b[i + 3];
    }
    for (; i < a.length; i++) {
      s0 += a[i] * b[i];
    }
    return (double) s0 + s1 + s2 + s3;
  }

  /** Box and Muller's, since {@link SplittableRandom} has no Gaussian on Java 17's first builds. */
  static double gaussian(SplittableRandom random) {
    double u = 1 - random.nextDouble();
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * random.nextDouble());
  }
}
