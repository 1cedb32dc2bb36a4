package dev.inproc.inference.cache.index;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The nearest entries found so far, in order. An entry offered twice is there once.
 *
 * @param <E> an entry
 */
final class Nearest<E> {
  /** Nearer than this, cosines of FP32 vectors are rounding: no other entry can be nearer. */
  private static final float SAME = 1 - 1e-6f;

  private final float[] cosines;
  private final @Nullable Stored<E>[] found;
  private final Object[] entries;
  private int size;
  private int mostBits = Sketches.BITS;

  @SuppressWarnings({"unchecked", "rawtypes"}) // a generic array
  Nearest(int k) {
    cosines = new float[k];
    found = new Stored[k];
    entries = new Object[k];
  }

  void offer(Stored<E> stored, E entry, float cosine) {
    int k = cosines.length;
    if (size == k && cosine <= cosines[k - 1]) {
      return;
    }
    for (int i = 0; i < size; i++) {
      if (found[i] == stored) {
        return;
      }
    }
    if (size < k) {
      size++;
    }
    int at = size - 1;
    for (; at > 0 && cosines[at - 1] < cosine; at--) {
      cosines[at] = cosines[at - 1];
      found[at] = found[at - 1];
      entries[at] = entries[at - 1];
    }
    cosines[at] = cosine;
    found[at] = stored;
    entries[at] = entry;
    if (size == k) {
      float last = cosines[k - 1];
      mostBits = last >= SAME ? -1 : Sketches.mostBits(last);
    }
  }

  /** Returns how many differing bits an entry has at most that belongs here too. */
  int mostBits() {
    return mostBits;
  }

  @SuppressWarnings("unchecked") // only entries are put there
  List<Neighbour<E>> toList() {
    List<Neighbour<E>> neighbours = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      neighbours.add(new Neighbour<>((E) entries[i], cosines[i]));
    }
    return neighbours;
  }
}
