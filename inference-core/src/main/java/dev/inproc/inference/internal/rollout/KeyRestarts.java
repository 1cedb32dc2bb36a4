package dev.inproc.inference.internal.rollout;

import dev.inproc.inference.internal.routing.SaltedHash;
import java.util.Arrays;

/**
 * In which restart each key has voted last: a map with open addressing, 12 bytes a slot. Its size
 * depends on the keys of both lanes alike, so what is dropped when it is full is no matter of the
 * lane. Not thread-safe.
 */
final class KeyRestarts {
  static final int NONE = -1;
  static final int FULL = -2;

  private final int most;
  private long[] keys = new long[64];
  private int[] last = new int[64]; // restart + 1; 0 for an empty slot
  private int size;

  KeyRestarts(int most) {
    this.most = most;
  }

  /**
   * Keeps that a key votes in a restart.
   *
   * @return in which it has voted last; {@link #NONE}; or {@link #FULL}, and nothing is kept
   */
  int put(long key, int restart) {
    int slot = slot(key);
    if (last[slot] == 0) {
      if (size >= most) {
        return FULL;
      }
      if (size >= keys.length / 2) {
        resize(keys.length * 2);
        slot = slot(key);
      }
      keys[slot] = key;
      size++;
    }
    int before = last[slot] - 1;
    last[slot] = restart + 1;
    return before;
  }

  private int slot(long key) {
    int mask = keys.length - 1;
    int slot = (int) SaltedHash.mix(key) & mask;
    while (last[slot] != 0 && keys[slot] != key) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void resize(int length) {
    removeBefore(0, length);
  }

  /** Forgets the keys that have voted in no restart from this one on. */
  void removeBefore(int restart) {
    removeBefore(restart, keys.length);
  }

  private void removeBefore(int restart, int length) {
    long[] oldKeys = keys;
    int[] oldLast = last;
    keys = new long[length];
    last = new int[length];
    size = 0;
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldLast[i] > restart) {
        int slot = slot(oldKeys[i]);
        keys[slot] = oldKeys[i];
        last[slot] = oldLast[i];
        size++;
      }
    }
  }

  /** Returns the restart before which a quarter of the keys, or more, have voted last. */
  int quarter() {
    int[] sorted = Arrays.stream(last).filter(each -> each > 0).sorted().toArray();
    return sorted.length == 0 ? 0 : sorted[sorted.length / 4];
  }

  int size() {
    return size;
  }

  long bytes() {
    return 12L * keys.length;
  }
}
