package dev.inproc.inference.engine;

import java.util.Arrays;

/** Examples of equal sizes, which run together without padding. */
record Bucket(long[] sizes) {
  @Override
  public boolean equals(Object other) {
    return other instanceof Bucket that && Arrays.equals(sizes, that.sizes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(sizes);
  }

  @Override
  public String toString() {
    return Arrays.toString(sizes);
  }
}
