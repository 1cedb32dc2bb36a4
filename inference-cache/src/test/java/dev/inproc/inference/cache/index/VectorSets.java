package dev.inproc.inference.cache.index;

import java.util.SplittableRandom;

/** Vectors of several distributions, each a function of its number. */
enum VectorSets {
  /** No structure: all far from each other. */
  RANDOM {
    @Override
    float[] vector(long seed, long number, int dimension) {
      return gaussian(seed, number, dimension);
    }
  },
  /** Clusters of 300, a cosine of about 0.95 between their members. */
  NEAR_DUPLICATES {
    @Override
    float[] vector(long seed, long number, int dimension) {
      return mix(
          gaussian(~seed, number / 300, dimension), gaussian(seed, number, dimension), 0.975);
    }
  },
  /** Topics of 3,000, subjects of 30, texts: cosines of about 0.4, 0.85 and less. */
  NESTED {
    @Override
    float[] vector(long seed, long number, int dimension) {
      float[] topic = gaussian(~seed, number / 3_000, dimension);
      float[] subject = mix(topic, gaussian(seed + 1, number / 30, dimension), 0.65);
      return mix(subject, gaussian(seed, number, dimension), 0.93);
    }
  },
  /** In 8 dimensions of all: a few hundredths of all vectors have a cosine of 0.8 or more. */
  LOW_DIMENSION {
    @Override
    float[] vector(long seed, long number, int dimension) {
      return subspace(seed, number, dimension, 8);
    }
  },
  /** On a sphere: each vector has thousands of near neighbours. */
  SPHERE {
    @Override
    float[] vector(long seed, long number, int dimension) {
      return subspace(seed, number, dimension, 3);
    }
  },
  /** All cosines above 0.5, as badly trained encoders have them. */
  CONE {
    @Override
    float[] vector(long seed, long number, int dimension) {
      return mix(gaussian(~seed, 0, dimension), gaussian(seed, number, dimension), 0.75);
    }
  },
  /** A few large coordinates and many zeros, not rotated: what a weak rotation would show. */
  SPARSE {
    @Override
    float[] vector(long seed, long number, int dimension) {
      SplittableRandom random = new SplittableRandom(seed * 31 + number / 20);
      SplittableRandom own = new SplittableRandom(seed * 37 + number);
      float[] vector = new float[dimension];
      for (int i = 0; i < 6; i++) {
        vector[random.nextInt(dimension)] += (float) (random.nextDouble() + 0.5);
      }
      vector[own.nextInt(dimension)] += 0.3f;
      vector[own.nextInt(dimension)] += 0.3f;
      return vector;
    }
  };

  abstract float[] vector(long seed, long number, int dimension);

  /** Returns a vector near another, at about this cosine in many dimensions. */
  static float[] near(float[] vector, double cosine, SplittableRandom random) {
    float[] noise = new float[vector.length];
    for (int i = 0; i < noise.length; i++) {
      noise[i] = (float) random.nextDouble(-1, 1);
    }
    return mix(vector, noise, cosine);
  }

  static float[] mix(float[] a, float[] b, double cosine) {
    double lengthA = length(a);
    double lengthB = length(b);
    double sine = Math.sqrt(1 - cosine * cosine);
    float[] mixed = new float[a.length];
    for (int i = 0; i < mixed.length; i++) {
      mixed[i] = (float) (cosine * a[i] / lengthA + sine * b[i] / lengthB);
    }
    return mixed;
  }

  static float[] gaussian(long seed, long number, int dimension) {
    SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + number);
    float[] vector = new float[dimension];
    for (int i = 0; i < dimension; i++) { // a sum of uniforms is near enough
      vector[i] =
          (float) (random.nextDouble() + random.nextDouble() + random.nextDouble() - 1.5);
    }
    return vector;
  }

  private static float[] subspace(long seed, long number, int dimension, int inner) {
    SplittableRandom random = new SplittableRandom(seed * 31 + number);
    float[] vector = new float[dimension];
    for (int axis = 0; axis < inner; axis++) {
      double coordinate = 0;
      for (int i = 0; i < 6; i++) {
        coordinate += random.nextDouble() - 0.5;
      }
      float[] direction = gaussian(~seed, axis, dimension);
      for (int i = 0; i < dimension; i++) {
        vector[i] += (float) coordinate * direction[i];
      }
    }
    return vector;
  }

  private static double length(float[] vector) {
    double squares = 0;
    for (float value : vector) {
      squares += (double) value * value;
    }
    return Math.sqrt(squares);
  }
}
