package dev.inproc.inference.cache.index;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One look-up: first the sketches of all entries, then the vectors of the candidates.
 *
 * <p>Candidates are the entries whose sketches differ in few enough bits to be neighbours at the
 * promised cosine or nearer, and the nearest few by bits whatever their cosine. Where very many
 * entries are so near, the nearest by bits are taken, up to a limit, so that comparing them costs
 * no more than reading the sketches did.
 *
 * <p>Vectors are compared in the order of the bits. The comparison ends at the number of bits that
 * a nearer neighbour than the k-th found so far would not have, but for a probability of 3e-5.
 *
 * @param <E> an entry
 */
final class Search<E> {
  /** So few are compared all, without their sketches. */
  private static final int ALWAYS_COMPARED = 64;

  /** A comparison takes as long as so many sketches; a few thousand take less than 0.5 ms. */
  private static final int SKETCHES_A_COMPARISON = 16;

  private static final int MOST_COMPARED = 4096;

  private final Query query;
  private final Nearest<E> nearest;
  private final boolean compareAll;
  private final int fewest;
  private final int most;

  private int bound = Sketches.BITS + 1; // candidates differ in fewer bits
  private int within; // the candidates that differ in fewer bits than the bound
  private int size;
  private final int[] ofBits; // how many candidates differ in so many bits
  private final int[] counts;
  private @Nullable Stored<E>[] candidates;
  private short[] bits;

  @SuppressWarnings({"unchecked", "rawtypes"}) // a generic array
  Search(Query query, int k, int entries) {
    this.query = query;
    nearest = new Nearest<>(Math.min(k, entries));
    fewest = (int) Math.max(ALWAYS_COMPARED, 2L * Math.min(k, entries));
    most = Math.max(fewest, MOST_COMPARED + entries / SKETCHES_A_COMPARISON);
    compareAll = entries <= fewest;
    ofBits = new int[compareAll ? 0 : Sketches.BITS + 1];
    counts = new int[compareAll ? 0 : Math.min(entries, Block.FULL)];
    candidates = new Stored[compareAll ? 0 : 4 * fewest];
    bits = new short[candidates.length];
  }

  /** Reads the first entries of a block. */
  void scan(Block<E> block, int entries) {
    if (compareAll) {
      for (int i = 0; i < entries; i++) {
        compare(block.get(i));
      }
      return;
    }
    block.countDiffering(query.sketch, entries, counts);
    for (int i = 0; i < entries; i++) {
      if (counts[i] < bound) {
        add(block.get(i), counts[i]);
      }
    }
  }

  private void add(@Nullable Stored<E> candidate, int differing) {
    if (candidate == null) {
      return;
    }
    if (size == candidates.length) {
      candidates = Arrays.copyOf(candidates, 2 * size);
      bits = Arrays.copyOf(bits, 2 * size);
    }
    candidates[size] = candidate;
    bits[size++] = (short) differing;
    ofBits[differing]++;
    within++;
    while (bound > Sketches.PROMISED_BITS + 1 && within - ofBits[bound - 1] >= fewest) {
      lowerBound();
    }
    while (within >= most) {
      lowerBound();
    }
  }

  private void lowerBound() {
    bound--;
    within -= ofBits[bound];
  }

  /** Compares the vector of an entry, unless it has been removed. */
  void compare(@Nullable Stored<E> stored) {
    if (stored != null) {
      E entry = stored.entry;
      if (entry != null) {
        nearest.offer(stored, entry, Vectors.cosine(query.unit, stored.unit));
      }
    }
  }

  List<Neighbour<E>> finish() {
    int left = within >= fewest ? within : most;
    for (int candidate : byBits()) {
      if (left-- == 0 || bits[candidate] > nearest.mostBits()) {
        break;
      }
      compare(candidates[candidate]);
    }
    return nearest.toList();
  }

  /** Returns the candidates in the order of their bits, by counting. */
  private int[] byBits() {
    int[] next = new int[ofBits.length];
    for (int b = 1; b < next.length; b++) {
      next[b] = next[b - 1] + ofBits[b - 1];
    }
    int[] ordered = new int[size];
    for (int i = 0; i < size; i++) {
      ordered[next[bits[i]]++] = i;
    }
    return ordered;
  }
}
