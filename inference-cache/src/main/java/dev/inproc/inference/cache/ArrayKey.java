package dev.inproc.inference.cache;

/**
 * An array as a key. One made for a look-up holds the caller's own array; one that is kept must
 * hold a copy ({@link #kept}), or its owner could change it. The hash chooses the bucket; equal are
 * only arrays that hold the same.
 */
final class ArrayKey {
  private final Object array;
  private final long hash;

  ArrayKey(Object array) {
    this(array, ArrayValues.hash(array));
  }

  /** For tests that force collisions. */
  ArrayKey(Object array, long hash) {
    this.array = array;
    this.hash = hash;
  }

  Object array() {
    return array;
  }

  /** Returns a key of a copy, and of the copy's hash: the owner may be writing just now. */
  ArrayKey kept() {
    return new ArrayKey(ArrayValues.copy(array));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ArrayKey that
        && hash == that.hash
        && ArrayValues.same(array, that.array);
  }

  @Override
  public int hashCode() {
    return (int) hash;
  }
}
