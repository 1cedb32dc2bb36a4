package dev.inproc.inference.cache.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** The bytes that the index states. */
class IndexMemoryTest {
  private static final long SEED = 5;

  private static NearestIndex<Integer> index(int dimension) {
    return new NearestIndex<>(dimension, SEED);
  }

  private static List<Stored<Integer>> fill(NearestIndex<Integer> index, int entries, int dim) {
    List<Stored<Integer>> stored = new ArrayList<>();
    for (int i = 0; i < entries; i++) {
      stored.add(index.insert("a", index.query(VectorSets.gaussian(SEED, i, dim)), i));
    }
    return stored;
  }

  /** As the class's description says. */
  @Test
  void bytes_areThoseOfEntriesPlacesAndScopes() {
    int dimension = 384;
    NearestIndex<Integer> index = index(dimension);
    long rotation = 3 * 512 * 4;
    assertEquals(rotation, index.bytes());
    List<Stored<Integer>> stored = fill(index, 1024, dimension);
    long full = 1024L * (4 * dimension + 100) + 250 + 56;
    assertEquals(rotation + full, index.bytes());

    index.remove(stored.get(5));
    assertEquals(rotation + full - 4L * dimension - 48, index.bytes());
    stored.set(5, fill(index, 1, dimension).get(0)); // takes the free place
    assertEquals(rotation + full, index.bytes());

    stored.forEach(index::remove);
    assertEquals(rotation, index.bytes());
    assertEquals(0, index.scopes());
  }

  @Test
  void bytes_afterChurn_doNotGrow() {
    int dimension = 8;
    NearestIndex<Integer> index = index(dimension);
    List<Stored<Integer>> stored = fill(index, 5000, dimension);
    long before = index.bytes();
    Random random = new Random(SEED);
    for (int i = 0; i < 50_000; i++) {
      int at = random.nextInt(stored.size());
      index.remove(stored.get(at));
      stored.set(at, index.insert("a", index.query(VectorSets.gaussian(i, at, dimension)), i));
    }
    assertEquals(before, index.bytes());
  }

  @Test
  void bytes_ofManyScopes_areSmallEachAndComeBack() {
    NearestIndex<Integer> index = index(8);
    long empty = index.bytes();
    Query query = index.query(new float[] {1, 2, 3, 4, 5, 6, 7, 8});
    for (int round = 0; round < 3; round++) {
      List<Stored<Integer>> stored = new ArrayList<>();
      for (int i = 0; i < 10_000; i++) {
        stored.add(index.insert("tenant " + round + " " + i, query, i));
      }
      assertEquals(10_000, index.scopes());
      assertTrue(index.bytes() < empty + 10_000 * 700L);
      stored.forEach(index::remove);
      assertEquals(0, index.scopes());
      assertEquals(empty, index.bytes());
    }
  }

  /** The long form: against the heap, with the list of what was stored. */
  @Test
  @Tag("endurance")
  @EnabledIfSystemProperty(named = "inproc.endurance", matches = "true")
  void bytes_areThoseOfTheHeap() {
    for (int dimension : new int[] {8, 384}) {
      int entries = 100_000;
      long before = used();
      NearestIndex<Integer> index = index(dimension);
      List<Stored<Integer>> stored = fill(index, entries, dimension);
      long heap = used() - before - entries * (4L + 16); // the list and its numbers
      System.out.printf("heap %d, stated %d%n", heap, index.bytes());
      assertEquals(1, (double) index.bytes() / heap, 0.05);
      assertEquals(entries, stored.size());
    }
  }

  private static long used() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
