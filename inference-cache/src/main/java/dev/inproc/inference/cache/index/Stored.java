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

  /** Where entries are stored. */
  interface Home<E> {
    /** Returns the index that this is a part of. */
    Object index();

    /** Returns whether this removed the entry, which was there. */
    boolean removes(Stored<E> stored);
  }

  final float[] unit;

  /** The partition that it is in, which alone knows how to remove it. */
  final Home<E> home;

  /** Null once removed. */
  volatile @Nullable E entry;

  /** The place in the partition, under its lock. */
  int position;

  Stored(float[] unit, Home<E> home, E entry) {
    this.unit = unit;
    this.home = home;
    this.entry = entry;
  }
}
