package dev.inproc.inference.cache.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NearestIndexTest {
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

  private static float cosine(float[] a, float[] b) {
    double dot = 0;
    double squaresA = 0;
    double squaresB = 0;
    for (int i = 0; i < a.length; i++) {
      dot += (double) a[i] * b[i];
      squaresA += (double) a[i] * a[i];
      squaresB += (double) b[i] * b[i];
    }
    return (float) (dot / Math.sqrt(squaresA * squaresB));
  }

  // ---- what is found ----

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 384, 385, 1000, 4096})
  void nearest_ofAnyDimension_findsEachEntryByItsVectorWithItsCosines(int dimension) {
    NearestIndex<Integer> index = index(dimension);
    int entries = 200; // more than are compared without sketches
    fill(index, entries, dimension);
    for (int i = 0; i < entries; i++) {
      float[] vector = VectorSets.gaussian(SEED, i, dimension);
      List<Neighbour<Integer>> found = index.nearest("a", index.query(vector), 3);
      assertEquals(3, found.size());
      assertEquals(1, found.get(0).cosine(), 1e-6);
      float last = 2;
      for (Neighbour<Integer> neighbour : found) {
        float[] other = VectorSets.gaussian(SEED, neighbour.entry(), dimension);
        assertEquals(cosine(vector, other), neighbour.cosine(), 2e-6);
        assertTrue(neighbour.cosine() <= last);
        last = neighbour.cosine();
      }
      if (dimension > 2) {
        assertEquals(i, found.get(0).entry());
      }
    }
  }

  @Test
  void nearest_ofMoreThanThereAre_returnsAllInOrder() {
    NearestIndex<Integer> index = index(2);
    float[][] vectors = {{1, 0}, {1, 1}, {0, 3}, {-2, 2}, {-5, 0}};
    for (int i : new int[] {3, 0, 4, 2, 1}) {
      index.insert(null, index.query(vectors[i]), i);
    }
    List<Neighbour<Integer>> found = index.nearest(null, index.query(new float[] {7, 0}), 100);
    assertEquals(List.of(0, 1, 2, 3, 4), found.stream().map(Neighbour::entry).toList());
    double half = Math.sqrt(0.5);
    double[] cosines = {1, half, 0, -half, -1};
    for (int i = 0; i < cosines.length; i++) {
      assertEquals(cosines[i], found.get(i).cosine(), 1e-6);
    }
    assertEquals(2, index.nearest(null, index.query(vectors[0]), 2).size());
  }

  @Test
  void nearest_ofHundreds_returnsAllInOrder() {
    NearestIndex<Integer> index = index(16);
    fill(index, 3000, 16);
    List<Neighbour<Integer>> found =
        index.nearest("a", index.query(VectorSets.gaussian(SEED, 7, 16)), 5000);
    assertEquals(3000, found.stream().map(Neighbour::entry).distinct().count());
    assertTrue(found.get(2999).cosine() < 0);
  }

  @Test
  void nearest_ofNone_isEmpty() {
    NearestIndex<Integer> index = index(3);
    Query query = index.query(new float[] {1, 2, 3});
    assertEquals(List.of(), index.nearest(null, query, 3));
    assertEquals(List.of(), index.nearest("a", query, 3));
    index.remove(index.insert("a", query, 1));
    assertEquals(List.of(), index.nearest("a", query, 3));
  }

  @Test
  void nearest_amongEqualVectors_returnsAsManyAsAsked() {
    NearestIndex<Integer> index = index(384);
    float[] vector = VectorSets.gaussian(SEED, 0, 384);
    for (int i = 0; i < 10_000; i++) {
      index.insert(null, index.query(vector), i);
    }
    List<Neighbour<Integer>> found = index.nearest(null, index.query(vector), 10);
    assertEquals(10, found.stream().map(Neighbour::entry).distinct().count());
    assertEquals(1, found.get(9).cosine(), 1e-6);
    float[] near = VectorSets.near(vector, 0.85, new SplittableRandom(SEED));
    assertEquals(10, index.nearest(null, index.query(near), 10).size());
  }

  @Test
  void nearest_amongOppositeVectors_returnsNegativeCosines() {
    NearestIndex<Integer> index = index(3);
    for (int i = 0; i < 500; i++) {
      index.insert(null, index.query(new float[] {-1, 0.001f * i, 0}), i);
    }
    Neighbour<Integer> found = index.nearest(null, index.query(new float[] {1, 0, 0}), 1).get(0);
    assertTrue(found.cosine() < -0.8, () -> "" + found);
  }

  @Test
  void query_keepsNothingOfTheCallersArray() {
    NearestIndex<Integer> index = index(3);
    float[] vector = {1, 2, 3};
    Query query = index.query(vector);
    vector[0] = 100;
    index.insert(null, query, 1);
    assertEquals(
        1, index.nearest(null, index.query(new float[] {2, 4, 6}), 1).get(0).cosine(), 1e-6);
  }

  @Test
  void query_ofLargestAndSmallestFloats_hasTheirDirection() {
    NearestIndex<Integer> index = index(2);
    index.insert(null, index.query(new float[] {Float.MAX_VALUE, Float.MAX_VALUE}), 1);
    Query tiny = index.query(new float[] {Float.MIN_VALUE, Float.MIN_VALUE});
    assertEquals(1, index.nearest(null, tiny, 1).get(0).cosine(), 1e-6);
  }

  // ---- scopes and removal ----

  @Test
  void nearest_inAScope_seesNoOther() {
    NearestIndex<String> index = new NearestIndex<>(3, SEED);
    Query query = index.query(new float[] {1, 2, 3});
    index.insert("a", query, "of a");
    index.insert("b", query, "of b");
    index.insert(null, query, "of none");
    assertEquals("of a", index.nearest("a", query, 9).get(0).entry());
    assertEquals(1, index.nearest("a", query, 9).size());
    assertEquals("of none", index.nearest(null, query, 9).get(0).entry());
    assertEquals(1, index.nearest(null, query, 9).size());
    assertEquals(List.of(), index.nearest("", query, 9));
    assertEquals(List.of(), index.nearest("null", query, 9));
    assertEquals(3, index.size());
  }

  @Test
  void remove_again_doesNothing() {
    NearestIndex<Integer> index = index(3);
    Query query = index.query(new float[] {1, 2, 3});
    Stored<Integer> stored = index.insert(null, query, 1);
    Stored<Integer> other = index.insert(null, query, 2);
    assertTrue(index.remove(stored));
    assertFalse(index.remove(stored));
    assertEquals(2, index.nearest(null, query, 9).get(0).entry());
    assertEquals(1, index.size());
    assertTrue(index.remove(other));
    assertFalse(index.remove(other));
    assertFalse(index.remove(stored));
    assertEquals(0, index.size());
  }

  @Test
  void remove_inAnyOrder_leavesExactlyTheOthers() {
    Random random = new Random(SEED);
    NearestIndex<Integer> index = index(64);
    List<Stored<Integer>> stored = fill(index, 3000, 64);
    Collections.shuffle(stored, random);
    List<Integer> left = new ArrayList<>();
    stored.forEach(each -> left.add(each.entry));
    for (int round = 0; round < 10; round++) {
      for (int i = 0; i < 295; i++) {
        int last = left.size() - 1;
        left.remove(last);
        assertTrue(index.remove(stored.get(last)));
      }
      for (int i = 0; i < 50; i++) {
        int id = left.get(random.nextInt(left.size()));
        Query query = index.query(VectorSets.gaussian(SEED, id, 64));
        assertEquals(id, index.nearest("a", query, 1).get(0).entry());
      }
      List<Integer> found =
          index.nearest("a", index.query(VectorSets.gaussian(SEED, 1, 64)), 3000).stream()
              .map(Neighbour::entry)
              .sorted()
              .toList();
      assertEquals(left.stream().sorted().toList(), found);
    }
  }

  // ---- memory ----

  /** As the class's description says. */
  @Test
  void bytes_areThoseOfEntriesPlacesAndScopes() {
    int dimension = 384;
    NearestIndex<Integer> index = index(dimension);
    long rotation = 3 * 512 * 4;
    assertEquals(rotation, index.bytes());
    List<Stored<Integer>> stored = fill(index, 1024, dimension);
    long full = 1024 * (4 * dimension + 100) + 250 + 56;
    assertEquals(rotation + full, index.bytes());

    index.remove(stored.get(5));
    assertEquals(rotation + full - 4 * dimension - 48, index.bytes());
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

  // ---- what is refused ----

  @Test
  void query_ofABadVector_saysWhatItExpectedAndGot() {
    NearestIndex<Integer> index = index(3);
    assertRefused(index, "expected a vector of 3 values, got 2", 1, 2);
    assertRefused(index, "expected a vector of 3 values, got 4", 1, 2, 3, 4);
    assertRefused(index, "expected a vector of finite values, got NaN at index 1", 1, Float.NaN, 3);
    assertRefused(
        index,
        "expected a vector of finite values, got -Infinity at index 2",
        1,
        2,
        Float.NEGATIVE_INFINITY);
    assertRefused(index, "expected a vector with a direction, got 3 zeros", 0, -0f, 0);
  }

  private static void assertRefused(NearestIndex<?> index, String message, float... vector) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> index.query(vector));
    assertEquals(message, refused.getMessage());
  }

  @Test
  void index_ofABadDimension_isRefused() {
    assertThrows(IllegalArgumentException.class, () -> index(0));
    assertThrows(IllegalArgumentException.class, () -> index(65_537));
    assertEquals(0, index(65_536).size());
  }

  @Test
  void index_givenWhatIsAnothers_refuses() {
    NearestIndex<Integer> index = index(3);
    NearestIndex<Integer> other = index(3);
    Query query = index.query(new float[] {1, 2, 3});
    Stored<Integer> stored = index.insert(null, query, 1);
    assertThrows(IllegalArgumentException.class, () -> other.nearest(null, query, 1));
    assertThrows(IllegalArgumentException.class, () -> other.insert(null, query, 1));
    assertThrows(IllegalArgumentException.class, () -> other.remove(stored));
    assertThrows(IllegalArgumentException.class, () -> index.nearest(null, query, 0));
  }
}
