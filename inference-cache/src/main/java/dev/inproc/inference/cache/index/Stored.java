package dev.inproc.inference.cache.index;

import org.jspecify.annotations.Nullable;

/**
 * An inserted vector and its entry, by which it is removed again.
 *
 * <p>The vector never changes, and removal clears the entry, so a look-up that reads an entry here
 * has read it with its own vector and before its removal completed. No version is needed.
 *
 * @param <E> an entry
 */
public final class Stored<E> {
  static final int REMOVED = -1;

  final float[] unit;
  final Partition<E> partition;

  /** Null once removed. */
  volatile @Nullable E entry;

  /** The place in the partition, under its lock. */
  int position;

  Stored(float[] unit, Partition<E> partition, E entry) {
    this.unit = unit;
    this.partition = partition;
    this.entry = entry;
  }
}
