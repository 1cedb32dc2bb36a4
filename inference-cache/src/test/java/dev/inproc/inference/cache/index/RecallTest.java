package dev.inproc.inference.cache.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How often the nearest neighbour is found, where its cosine is 0.8 or more. */
class RecallTest {
  private static final int DIMENSION = 384;
  private static final int GENERATIONS = 100;
  private static final float ROUNDING = 1e-6f;

  private final long seed = System.nanoTime();
  private final SplittableRandom random = new SplittableRandom(seed);
  private final NearestIndex<Integer> index = new NearestIndex<>(DIMENSION, seed);
  private final List<float[]> vectors = new ArrayList<>();
  private final List<Stored<Integer>> stored = new ArrayList<>();
  private long made;
  private int asked;
  private int missed;

  private void fill(VectorSets set, int entries) {
    System.out.println("RecallTest " + set + " seed " + seed);
    for (int i = 0; i < entries; i++) {
      vectors.add(new float[0]);
      stored.add(put(set, i));
    }
  }

  private Stored<Integer> put(VectorSets set, int number) {
    Query query = index.query(set.vector(seed, made++, DIMENSION));
    vectors.set(number, query.unit);
    return index.insert(null, query, number);
  }

  private void ask(int queries) {
    while (queries > 0) {
      float[] target = vectors.get(random.nextInt(vectors.size()));
      Query query = index.query(VectorSets.near(target, random.nextDouble(0.8, 1), random));
      float nearest = -1;
      for (float[] vector : vectors) {
        nearest = Math.max(nearest, Vectors.cosine(query.unit, vector));
      }
      if (nearest >= Sketches.PROMISED_COSINE) {
        queries--;
        asked++;
        Neighbour<Integer> found = index.nearest(null, query, 1).get(0);
        assertEquals(
            Vectors.cosine(query.unit, vectors.get(found.entry())), found.cosine(), "its own");
        missed += found.cosine() < nearest - ROUNDING ? 1 : 0;
      }
    }
  }

  private void churn(VectorSets set, int generations) {
    for (int i = 0; i < generations * stored.size() / 20; i++) { // of 5 % each
      int number = random.nextInt(stored.size());
      index.remove(stored.get(number));
      stored.set(number, put(set, number));
    }
    assertEquals(stored.size(), index.size());
  }

  /** One miss is allowed: the promise has 0.3 of 300. */
  @ParameterizedTest
  @EnumSource(VectorSets.class)
  void nearest_ofEachDistribution_isFound(VectorSets set) {
    fill(set, 3_000);
    ask(300);
    assertTrue(missed <= 1, () -> missed + " of " + asked + " missed");
  }

  @ParameterizedTest
  @EnumSource(names = {"NEAR_DUPLICATES", "NESTED"})
  void nearest_after100GenerationsOfChurn_isFound(VectorSets set) {
    fill(set, 3_000);
    churn(set, GENERATIONS);
    ask(300);
    assertTrue(missed <= 1, () -> missed + " of " + asked + " missed");
  }

  /** The long form: the promise itself. */
  @ParameterizedTest
  @EnumSource(VectorSets.class)
  @Tag("endurance")
  @EnabledIfSystemProperty(named = "inproc.endurance", matches = "true")
  void nearest_ofManyEntriesBeforeAndAfterChurn_isFoundAsPromised(VectorSets set) {
    fill(set, 20_000);
    ask(5_000);
    int before = missed;
    churn(set, GENERATIONS);
    ask(5_000);
    System.out.printf("%s: %d and %d of 5000 missed%n", set, before, missed - before);
    assertTrue(before <= 5 && missed - before <= 5, () -> before + " and " + missed + " missed");
  }

  @Test
  void sketches_differInAsManyBitsAsTheAngleSays() {
    for (int dimension : new int[] {2, 3, 16, 384, 768, 1536}) {
      Rotation rotation = new Rotation(dimension, seed);
      for (double cosine : new double[] {0.95, 0.9, 0.85, 0.8, 0.3}) {
        int pairs = 1_000;
        double sum = 0;
        int beyond = 0;
        for (int i = 0; i < pairs; i++) {
          float[] first = Vectors.normalized(VectorSets.gaussian(seed, i, dimension), dimension);
          float[] second = atCosine(first, cosine, VectorSets.gaussian(~seed, i, dimension));
          int differing = 0;
          int[] a = rotation.sketch(first);
          int[] b = rotation.sketch(second);
          for (int w = 0; w < a.length; w++) {
            differing += Integer.bitCount(a[w] ^ b[w]);
          }
          sum += differing;
          beyond += differing > Sketches.mostBits(cosine) ? 1 : 0;
        }
        double p = Math.acos(cosine) / Math.PI;
        String at = "dimension " + dimension + " cosine " + cosine + " seed " + seed;
        assertEquals(Sketches.BITS * p, sum / pairs, 3, at);
        assertTrue(beyond <= 1, at + ": " + beyond + " of " + pairs + " beyond");
      }
    }
  }

  /** Returns a vector at exactly this cosine, in the plane of another and a direction. */
  private static float[] atCosine(float[] unit, double cosine, float[] direction) {
    float dot = 0;
    for (int i = 0; i < unit.length; i++) {
      dot += unit[i] * direction[i];
    }
    for (int i = 0; i < unit.length; i++) {
      direction[i] -= dot * unit[i];
    }
    return VectorSets.mix(unit, direction, cosine);
  }
}
