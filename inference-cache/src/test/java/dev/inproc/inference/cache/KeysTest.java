package dev.inproc.inference.cache;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What is the same request, and what is not. */
class KeysTest {
  private final Keys keys = new Keys();

  private record Named(String name, int count) {}

  private record Raw(float[] values) {}

  private static final class Plain {}

  @Test
  void arrays_areComparedByWhatTheyHold() {
    List<Object> apart =
        List.of(
            new float[] {1, 2},
            new float[] {1, 3},
            new float[] {1, 2, 0},
            new float[] {0f},
            new float[] {-0f},
            new int[] {1, 2},
            new long[] {1, 2},
            new double[] {1, 2},
            new short[] {1, 2},
            new byte[] {1, 2},
            new char[] {1, 2},
            new boolean[] {true},
            new String[] {"a", "b"},
            new String[] {"ab"},
            new float[][] {{1, 2}},
            new float[][] {{1}, {2}});
    for (int i = 0; i < apart.size(); i++) {
      Object key = keys.of(apart.get(i), null);
      Object copy = keys.of(ArrayValues.copy(apart.get(i)), null);
      assertEquals(key, copy, "array " + i);
      assertEquals(key.hashCode(), copy.hashCode(), "array " + i);
      for (int j = 0; j < i; j++) {
        assertNotEquals(key, keys.of(apart.get(j), null), i + " and " + j);
      }
    }
  }

  @Test
  void arrays_changedAfterTheCall_doNotChangeTheCache() {
    CachingPredictor<float[], Float> cache =
        Caching.exact(10).withAnswers(Float.class).decorate(FakeModel.of(x -> x[0]));
    float[] buffer = {1};
    assertEquals(1f, cache.predict(buffer));
    buffer[0] = 2;
    assertEquals(2f, cache.predict(buffer));
    buffer[0] = 3;
    assertEquals(1f, cache.predict(new float[] {1}));
    assertEquals(2f, cache.predict(new float[] {2}));
    assertEquals(2, cache.metrics().hits());
  }

  @Test
  void collections_changedAfterTheCall_doNotChangeTheCache() {
    CachingPredictor<List<String>, String> cache =
        Caching.exact(10).withAnswers(String.class).decorate(FakeModel.of(x -> x.get(0)));
    List<String> list = new ArrayList<>(List.of("a"));
    assertEquals("a", cache.predict(list));
    list.set(0, "b");
    assertEquals("b", cache.predict(list));
    assertEquals("a", cache.predict(List.of("a")));
    assertEquals(1, cache.metrics().hits());
  }

  /** What a caller gets of a request that is kept, it may change. */
  @Test
  void copied_sharesNothingWithWhatIsKept() {
    Object key = Keys.kept(keys.of(new float[] {1, 2}, "scope"));
    float[] kept = Keys.owned(new float[] {1, 2}, key);
    float[] copy = Keys.copied(kept, key);
    copy[0] = 7;
    assertEquals(1, kept[0]);
    assertEquals(keys.of(new float[] {1, 2}, "scope"), key);
  }

  @Test
  void kept_sharesNothingWithTheCaller() {
    Map<String, Integer> map = new HashMap<>(Map.of("a", 1));
    Object key = Keys.kept(keys.of(map, "scope"));
    map.put("b", 2);
    assertEquals(keys.of(Map.of("a", 1), "scope"), key);
    assertEquals(keys.of(Set.of("x"), null), Keys.kept(keys.of(Set.of("x"), null)));
    assertEquals("scope", Keys.scope(key));
  }

  @Test
  void scopes_andNone_differ() {
    assertNotEquals(keys.of("x", "a"), keys.of("x", "b"));
    assertNotEquals(keys.of("x", "a"), keys.of("x", null));
    assertNotEquals(keys.of("x", ""), keys.of("x", null));
  }

  @Test
  void typesThatCompareByIdentity_areRefused() {
    for (Object refused :
        List.of(
            new Plain(),
            new Raw(new float[1]),
            new Plain[] {new Plain()},
            new Object(),
            List.of(new float[1]),
            List.of(new Plain()),
            Map.of("x", new float[1]))) {
      assertSays(
          assertThrows(IllegalArgumentException.class, () -> keys.of(refused, null)),
          "Expected requests that can be compared",
          "inside the codec");
    }
    keys.of(new Named("a", 1), null);
    keys.of(List.of(new Named("a", 1), "b", 1), null);
    keys.of(DataType.INT8, null);
  }

  // ---- forced collisions ----

  @Test
  void strings_thatCollide_areToldApart() {
    assertEquals("AaAa".hashCode(), "BBBB".hashCode());
    CachingPredictor<String, String> cache =
        Caching.exact(10).withAnswers(String.class).decorate(FakeModel.of(x -> x));
    for (String scope : List.of("Aa", "BB")) {
      CallOptions options = CallOptions.DEFAULT.withCacheScope(scope);
      for (String x : List.of("AaAa", "BBBB", "AaBB", "BBAa")) {
        assertEquals(x, cache.predict(x, options));
        assertEquals(x, cache.predict(x, options));
      }
    }
    assertEquals(8, cache.metrics().misses());
  }

  @Test
  void arrays_thatCollideInAllBits_areToldApart() {
    ArrayKey one = new ArrayKey(new float[] {1}, 42);
    ArrayKey two = new ArrayKey(new float[] {2}, 42);
    ArrayKey ints = new ArrayKey(new int[] {1}, 42);
    assertFalse(one.equals(two));
    assertFalse(one.equals(ints));
    assertTrue(one.equals(new ArrayKey(new float[] {1}, 42)));
  }

  /** Of 2^32 hashes, 300,000 tensors share about ten by chance; these are the real thing. */
  @Test
  void tensors_thatCollide_areToldApart() {
    Random random = new Random(1);
    CachingPredictor<Tensors, Long> cache =
        Caching.exact(100).withAnswers(Long.class).decorate(FakeModel.of(x -> x.only().getLong(0)));
    Map<Integer, Long> seen = new HashMap<>();
    int collisions = 0;
    for (int i = 0; i < 300_000; i++) {
      long value = random.nextLong();
      Long other = seen.putIfAbsent(request(value).hashCode(), value);
      if (other != null && other != value) {
        collisions++;
        assertEquals(other, cache.predict(request(other)));
        assertEquals(value, cache.predict(request(value)));
        assertEquals(other, cache.predict(request(other)));
      }
    }
    assertTrue(collisions > 0, "none by chance; the odds are one in ten thousand");
    assertEquals(2L * collisions, cache.metrics().misses());
  }

  private static Tensors request(long value) {
    return Tensors.of("x", Tensor.of(Shape.of(1), value));
  }

  @Test
  void tensors_differInTypeShapeOrName_areToldApart() {
    CachingPredictor<Tensors, String> cache =
        Caching.exact(100).withAnswers(String.class).decorate(FakeModel.of(Tensors::toString));
    byte[] zeros = new byte[4];
    List<Tensors> apart =
        List.of(
            Tensors.of("x", Tensor.of(Shape.of(4), zeros)),
            Tensors.of("y", Tensor.of(Shape.of(4), zeros)),
            Tensors.of("x", Tensor.ofUint8(Shape.of(4), zeros)),
            Tensors.of("x", Tensor.of(Shape.of(2, 2), zeros)),
            Tensors.of("x", Tensor.of(Shape.of(1), 0)),
            Tensors.of("x", Tensor.of(Shape.of(1), 0f)));
    for (Tensors each : apart) {
      assertEquals(each.toString(), cache.predict(each));
      assertEquals(each.toString(), cache.predict(each));
    }
    assertEquals(apart.size(), cache.metrics().misses());
  }

  @Test
  void oneBitAnywhere_changesAnArraysHash() {
    Random random = new Random(2);
    float[] array = new float[37];
    for (int i = 0; i < array.length; i++) {
      array[i] = random.nextFloat();
    }
    long hash = ArrayValues.hash(array);
    for (int i = 0; i < array.length; i++) {
      float before = array[i];
      array[i] = Math.nextUp(before);
      assertNotEquals(hash, ArrayValues.hash(array), "element " + i);
      array[i] = before;
    }
  }
}
