package dev.inproc.inference.internal.rollout;

import java.util.Arrays;

/** The first values of both lanes pooled, lanes unseen, sorted once it is full. Not thread-safe. */
final class Sample {
  static final int SIZE = 1_000;

  private final double[] values = new double[SIZE];
  private int count;

  /** Adds a value; returns whether the sample is full. */
  boolean add(double value) {
    if (count < SIZE) {
      values[count++] = value;
      if (count == SIZE) {
        Arrays.sort(values);
      }
    }
    return count == SIZE;
  }

  /** Returns a quantile of a full sample: the value that a share of them is at or below. */
  double quantile(double share) {
    return values[(int) Math.ceil(share * SIZE) - 1];
  }
}
