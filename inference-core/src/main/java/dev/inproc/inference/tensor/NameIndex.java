package dev.inproc.inference.tensor;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The positions of distinct names, by their hashes, open addressing. Callers with many names mostly
 * pass one list again and again: some indexes are kept, by the list itself, so that a call makes
 * none.
 */
final class NameIndex {
  private static final int FEW = 8; // up to here, scanning is as fast
  private static final int MOST_KEPT_NAMES = 1 << 12;

  /** By identity. Races are harmless: an index that is made again is equal. */
  private static final @Nullable NameIndex[] KEPT = new @Nullable NameIndex[16];

  private final List<String> names;
  private final int[] slots; // a position + 1, or 0

  private NameIndex(List<String> names) {
    this.names = names;
    slots = new int[Integer.highestOneBit(names.size()) << 2]; // at most half full
    for (int i = 0; i < names.size(); i++) {
      int slot = slot(names.get(i));
      if (slots[slot] != 0) {
        throw twice(names.get(i));
      }
      slots[slot] = i + 1;
    }
  }

  /**
   * Returns the index of an unmodifiable list, or null for a few names, which are compared.
   *
   * @throws IllegalArgumentException if a name occurs twice
   */
  static @Nullable NameIndex of(List<String> names) {
    int size = names.size();
    if (size <= FEW) {
      requireDistinct(names);
      return null;
    }
    int place = System.identityHashCode(names) & KEPT.length - 1;
    NameIndex index = KEPT[place];
    if (index == null || index.names != names) {
      index = new NameIndex(names);
      if (size <= MOST_KEPT_NAMES) {
        KEPT[place] = index;
      }
    }
    return index;
  }

  private static void requireDistinct(List<String> names) {
    for (int i = 1; i < names.size(); i++) {
      String name = names.get(i);
      for (int j = 0; j < i; j++) {
        if (name.equals(names.get(j))) {
          throw twice(name);
        }
      }
    }
  }

  private static IllegalArgumentException twice(String name) {
    return new IllegalArgumentException("The name \"" + name + "\" occurs twice");
  }

  /** Returns the position of a name, -1 if it is not there. */
  int find(String name) {
    return slots[slot(name)] - 1;
  }

  /** The slot that a name is in, or the empty one that it would be in. */
  private int slot(String name) {
    int mask = slots.length - 1;
    int hash = name.hashCode();
    int slot = (hash ^ hash >>> 16) & mask;
    while (slots[slot] != 0 && !names.get(slots[slot] - 1).equals(name)) {
      slot = slot + 1 & mask;
    }
    return slot;
  }
}
