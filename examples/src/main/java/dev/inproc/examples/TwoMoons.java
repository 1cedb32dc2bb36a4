package dev.inproc.examples;

import java.util.Random;

/**
 * Points of two interleaved half circles, a little noisy: no straight line tells them apart.
 *
 * @param points x and y of each
 * @param upper whether each belongs to the upper one
 */
record TwoMoons(float[][] points, boolean[] upper) {
  private static final double NOISE = 0.1;

  static TwoMoons make(int count, Random random) {
    float[][] points = new float[count][2];
    boolean[] upper = new boolean[count];
    for (int i = 0; i < count; i++) {
      upper[i] = random.nextBoolean();
      double angle = Math.PI * random.nextDouble();
      double x = upper[i] ? Math.cos(angle) : 1 - Math.cos(angle);
      double y = upper[i] ? Math.sin(angle) : 0.5 - Math.sin(angle);
      points[i][0] = (float) (x + NOISE * random.nextGaussian());
      points[i][1] = (float) (y + NOISE * random.nextGaussian());
    }
    return new TwoMoons(points, upper);
  }

  int size() {
    return points.length;
  }
}
