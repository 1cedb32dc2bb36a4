package dev.inproc.inference.cache.index;

import org.jspecify.annotations.Nullable;

/**
 * Places for some entries of a partition. The n-th words of all sketches lie side by side: the
 * compiler then counts the bits of as many sketches at once as a vector register holds words, which
 * takes half the time of the sketches one after the other (JDK 17, AVX-512).
 *
 * <p>Writers hold the partition's lock. Readers hold nothing and may read a sketch half-written:
 * what they find is compared exactly afterwards.
 *
 * @param <E> an entry
 */
final class Block<E> {
  /** The most entries of a block. */
  static final int FULL = 1024;

  final int capacity;
  private final int[] words;
  private final @Nullable Stored<E>[] places;

  @SuppressWarnings({"unchecked", "rawtypes"}) // a generic array
  Block(int capacity) {
    this.capacity = capacity;
    words = new int[Sketches.WORDS * capacity];
    places = new Stored[capacity];
  }

  /** Returns a block of another capacity with this one's first entries. */
  Block<E> resized(int newCapacity, int entries) {
    Block<E> resized = new Block<>(newCapacity);
    for (int w = 0; w < Sketches.WORDS; w++) {
      System.arraycopy(words, w * capacity, resized.words, w * newCapacity, entries);
    }
    System.arraycopy(places, 0, resized.places, 0, entries);
    return resized;
  }

  void put(int place, int[] sketch, Stored<E> stored) {
    for (int w = 0; w < Sketches.WORDS; w++) {
      words[w * capacity + place] = sketch[w];
    }
    places[place] = stored;
  }

  void move(int place, Block<E> from, int fromPlace, Stored<E> stored) {
    for (int w = 0; w < Sketches.WORDS; w++) {
      words[w * capacity + place] = from.words[w * from.capacity + fromPlace];
    }
    places[place] = stored;
  }

  void clear(int place) {
    places[place] = null;
  }

  @Nullable Stored<E> get(int place) {
    return places[place];
  }

  /** Counts the bits in which the first sketches differ from one. */
  void countDiffering(int[] sketch, int entries, int[] counts) {
    if (capacity == FULL) {
      countFull(words, sketch, entries, counts);
      return;
    }
    for (int i = 0; i < entries; i++) {
      int count = 0;
      for (int w = 0; w < Sketches.WORDS; w++) {
        count += Integer.bitCount(words[w * capacity + i] ^ sketch[w]);
      }
      counts[i] = count;
    }
  }

  /** Written out with constant distances: the compiler makes vector instructions of no other. */
  private static void countFull(int[] words, int[] sketch, int entries, int[] counts) {
    int s0 = sketch[0];
    int s1 = sketch[1];
    int s2 = sketch[2];
    int s3 = sketch[3];
    int s4 = sketch[4];
    int s5 = sketch[5];
    int s6 = sketch[6];
    int s7 = sketch[7];
    int s8 = sketch[8];
    int s9 = sketch[9];
    int s10 = sketch[10];
    int s11 = sketch[11];
    for (int i = 0; i < entries; i++) {
      counts[i] =
          Integer.bitCount(words[i] ^ s0)
              + Integer.bitCount(words[i + FULL] ^ s1)
              + Integer.bitCount(words[i + 2 * FULL] ^ s2)
              + Integer.bitCount(words[i + 3 * FULL] ^ s3)
              + Integer.bitCount(words[i + 4 * FULL] ^ s4)
              + Integer.bitCount(words[i + 5 * FULL] ^ s5)
              + Integer.bitCount(words[i + 6 * FULL] ^ s6)
              + Integer.bitCount(words[i + 7 * FULL] ^ s7)
              + Integer.bitCount(words[i + 8 * FULL] ^ s8)
              + Integer.bitCount(words[i + 9 * FULL] ^ s9)
              + Integer.bitCount(words[i + 10 * FULL] ^ s10)
              + Integer.bitCount(words[i + 11 * FULL] ^ s11);
    }
  }

  static long bytes(int capacity) {
    return 24 + Memory.array(Integer.BYTES, (long) Sketches.WORDS * capacity)
        + Memory.array(Memory.REFERENCE, capacity);
  }
}
