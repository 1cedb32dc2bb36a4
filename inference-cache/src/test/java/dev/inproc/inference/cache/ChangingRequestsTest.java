package dev.inproc.inference.cache;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.testing.Await;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.AbstractList;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Date;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What a caller changes after its call shows in no answer; what could show is refused. */
@SuppressWarnings({
  "ByteBufferBackingArray",
  "JavaUtilDate",
  "JdkObsolete",
  "UnnecessaryStringBuilder",
  "UnusedMethod" // accessors, called by reflection if at all
})
class ChangingRequestsTest {
  private record Held(Object value) {}

  private record Pair<A, B>(A first, B second) {}

  private record Tags(String text, List<String> tags) {}

  private record Raw(float[] values) {}

  private record RawInside(String name, Raw raw) {}

  /** Compares as its owner says, and hides what it holds. */
  private record Vector(float[] values) {
    @Override
    public float[] values() {
      return values.clone();
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Vector that && Arrays.equals(values, that.values);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(values);
    }
  }

  /** Whose accessor returns another thing than the one it holds. */
  private record Hidden(List<String> tags) {
    @Override
    public List<String> tags() {
      return List.copyOf(tags);
    }
  }

  /** Whose constructor makes another value of the same components. */
  private record Growing(List<String> tags) {
    Growing {
      tags = new ArrayList<>(tags);
      tags.add("x");
    }
  }

  private sealed interface Shape permits Circle, Polygon {}

  private record Circle(double radius) implements Shape {}

  private record Polygon(List<double[]> points) implements Shape {}

  private record Drawing(Shape shape) {}

  private enum Level {
    LOW,
    HIGH {
      @Override
      public String toString() {
        return "high";
      }
    }
  }

  private static final class Own {
    private final int number;

    Own(int number) {
      this.number = number;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Own own && number == own.number;
    }

    @Override
    public int hashCode() {
      return number;
    }
  }

  private static final class Identity {}

  /** Its {@code equals} is that of the JDK, which looks at what can be changed. */
  private static final class OwnDate extends Date {
    private static final long serialVersionUID = 1L;
  }

  /** A list over its owner's array. */
  private static final class View extends AbstractList<Integer> {
    private final int[] numbers;

    View(int... numbers) {
      this.numbers = numbers;
    }

    @Override
    public Integer get(int index) {
      return numbers[index];
    }

    @Override
    public int size() {
      return numbers.length;
    }
  }

  // ---- refused ----

  private static final List<Object> REFUSED =
      List.of(
          new Raw(new float[1]),
          new RawInside("a", new Raw(new float[1])),
          new Held(new float[1]),
          new Held(new Held(new int[1][1])),
          new Held(List.of(new float[1])),
          new Held(Optional.of(new float[1])),
          new Held(new StringBuilder()),
          new Held(ByteBuffer.allocate(1)),
          new Held(new Object[1]),
          new Held(new Identity()),
          new Pair<>("a", new AtomicInteger()),
          new Drawing(new Polygon(List.of(new double[1]))),
          new Growing(List.of()),
          Optional.of(new Raw(new float[1])),
          Optional.of(new StringBuilder()),
          Map.entry("a", new float[1]),
          List.of(Map.of("a", List.of(new float[1]))),
          Set.of(new AtomicReference<>("a")),
          Map.of(new Identity(), 1),
          ByteBuffer.allocate(1),
          ByteBuffer.allocateDirect(1),
          ByteBuffer.allocate(1).asReadOnlyBuffer(),
          FloatBuffer.allocate(1),
          new StringBuilder(),
          new Date(),
          new java.sql.Timestamp(1),
          new OwnDate(),
          new BitSet(),
          new AtomicInteger(),
          new ArrayDeque<>(List.of(1)),
          new ConcurrentHashMap<>(Map.of(1, 1)),
          Clock.systemUTC(),
          new Object[] {"a"},
          new List<?>[] {List.of()},
          new TreeSet<>(String.CASE_INSENSITIVE_ORDER),
          new Held(new TreeMap<>(String.CASE_INSENSITIVE_ORDER)));

  @Test
  void propertiesWithDefaults_whichTheirEqualsLeavesOut_areRefused() {
    CachingPredictor<Properties, String> cache =
        Caching.exact(10)
            .withAnswers(String.class)
            .decorate(FakeModel.of(x -> x.getProperty("a", "none")));
    Properties plain = new Properties();
    assertEquals("none", cache.predict(plain));
    Properties defaults = new Properties();
    defaults.setProperty("a", "1");
    assertEquals("1", cache.predict(defaults));
    assertSays(
        assertThrows(IllegalArgumentException.class, () -> cache.predict(new Properties(defaults))),
        "it has defaults");
    Properties hiding = new Properties(defaults);
    hiding.setProperty("a", "2");
    assertEquals("2", cache.predict(hiding));
    cache.close();
  }

  @Test
  void requestThatItsOwnerCanChange_isRefusedByEachMethod() {
    FakeModel<Object, String> model = FakeModel.of(x -> "a");
    CachingPredictor<Object, String> cache = texts(model);
    for (Object refused : REFUSED) {
      String what = refused.getClass().getTypeName();
      for (RuntimeException thrown :
          List.of(
              assertThrows(IllegalArgumentException.class, () -> cache.predict(refused), what),
              assertThrows(
                  IllegalArgumentException.class, () -> cache.predictAll(List.of(refused)), what),
              assertThrows(IllegalArgumentException.class, () -> cache.invalidate(refused), what),
              assertInstanceOf(
                  IllegalArgumentException.class, Await.failure(cache.submit(refused)), what))) {
        assertSays(thrown, "Expected requests that can be compared and copied, got " + what);
        assertSays(thrown, "inside the codec");
      }
    }
    assertEquals(0, model.runs());
  }

  @Test
  void refusal_namesThePart() {
    assertSays(
        refusalOf(new RawInside("a", new Raw(new float[1]))),
        "request.raw.values is a float[]: it is an array, which its record compares by identity");
    assertSays(
        refusalOf(new Pair<>(List.of("a", ByteBuffer.allocate(1)), 1)),
        "request.first[1] is a java.nio.HeapByteBuffer: its owner can change it");
    assertSays(refusalOf(Map.of("a", Optional.of(new Identity()))), "request.value.get() is a ");
    assertSays(refusalOf(new Growing(List.of())), "it does not equal a record made of copies");
  }

  private static IllegalArgumentException refusalOf(Object request) {
    return assertThrows(IllegalArgumentException.class, () -> new Keys().of(request, null));
  }

  @Test
  void cycle_isRefusedWithoutAnOverflow() {
    List<Object> list = new ArrayList<>();
    list.add(new Held(list));
    Map<String, Object> map = new HashMap<>();
    map.put("a", Optional.of(map));
    Object[] array = new Object[1];
    array[0] = array;
    for (Object cycle : List.of(new Held(list), new Held(map), new Held(array))) {
      assertThrows(IllegalArgumentException.class, () -> new Keys().of(cycle, null));
    }
    assertSays(refusalOf(new Held(list)), "nested more than 500 deep, or holds itself");
  }

  // ---- taken ----

  @Test
  void whatNothingChanges_isItsOwnKey() {
    for (Object request :
        List.of(
            new Pair<>("a", 1),
            new Held(new Held(List.of("a", Set.of(1), Map.of("k", Level.HIGH)))),
            new Drawing(new Circle(1)),
            new Tags("a", List.of("b")),
            Level.HIGH,
            new BigDecimal("1.0"),
            Path.of("a"),
            Instant.EPOCH,
            Optional.of(new Own(1)),
            new Held(new Own(1)))) {
      assertSame(request, new Keys().of(request, null));
      assertSame(request, Keys.owned(request, request));
    }
  }

  @Test
  void requestsOfEveryKind_areAnsweredAgainFromTheCache() {
    List<Object> taken = new ArrayList<>(List.of(new Vector(new float[] {1})));
    taken.add(new Hidden(new ArrayList<>(List.of("a"))));
    taken.add(new Held(new Held(new ArrayList<>(List.of(new Vector(new float[] {2}))))));
    taken.add(Optional.of(new ArrayList<>(List.of("b"))));
    taken.add(Map.entry("k", new ArrayList<>(List.of("b"))));
    taken.add(new Held(new EnumMap<>(Map.of(Level.LOW, 1))));
    taken.add(new Held(new TreeSet<>(Set.of("c", "d"))));
    taken.add(new LinkedList<>(Arrays.asList("x", null)));
    taken.add(new HashMap<>(Collections.singletonMap(null, null)));
    taken.add(Collections.unmodifiableMap(new TreeMap<>(Map.of("u", 1))));
    taken.add(Arrays.asList("e", "f").subList(0, 1));
    taken.add(new CopyOnWriteArrayList<>(List.of("g")));
    taken.add(new View(1, 2));
    taken.add(new Held(new View(3, 4)));
    FakeModel<Object, String> model = FakeModel.of(Rendered::of);
    CachingPredictor<Object, String> cache = texts(model);
    for (int round = 0; round < 2; round++) {
      for (Object request : taken) {
        assertEquals(Rendered.of(request), cache.predict(request));
      }
    }
    assertEquals(taken.size(), model.runs());
    for (int i = 0; i < taken.size(); i++) {
      Object seen = model.run(i).input();
      if (KeyType.isOfJdk(seen.getClass()) && seen instanceof Cloneable) {
        assertSame(taken.get(i).getClass(), seen.getClass(), "the model sees the same class");
      }
    }
  }

  /** Two sets that a comparator says are equal, and whose hashes are. */
  @Test
  void setsOrderedByTheirOwnComparator_doNotHitAnothersEntry() {
    CachingPredictor<Object, String> cache = texts(FakeModel.of(Rendered::of));
    Set<String> plain = new HashSet<>(List.of("a", "B"));
    TreeSet<String> ordered = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    ordered.addAll(List.of("A", "b"));
    assertEquals(plain.hashCode(), ordered.hashCode());
    assertTrue(ordered.equals(plain));
    cache.predict(plain);
    assertThrows(IllegalArgumentException.class, () -> cache.predict(ordered));
    cache.predict(new Held(plain));
    assertThrows(IllegalArgumentException.class, () -> cache.predict(new Held(ordered)));
  }

  @Test
  void modelThatChangesItsInput_changesNoKey() {
    CachingPredictor<List<String>, String> cache =
        texts(
            FakeModel.of(
                list -> {
                  String before = Rendered.of(list);
                  list.set(0, "changed");
                  return before;
                }));
    for (int i = 0; i < 2; i++) {
      List<String> mine = new ArrayList<>(List.of("a"));
      assertEquals(Rendered.of(mine), cache.predict(mine));
      assertEquals(List.of("a"), mine);
    }
    List<String> other = new ArrayList<>(List.of("changed"));
    assertEquals(Rendered.of(other), cache.predict(other));
    assertEquals(1, cache.metrics().hits());
  }

  // ---- changed ----

  @Test
  void requestChangedAfterItsCall_neverTakesOrGivesAnothersAnswer() {
    long seed = System.nanoTime();
    System.out.println("ChangingRequestsTest seed " + seed);
    SplittableRandom seeds = new SplittableRandom(seed);
    int taken = 0;
    for (int i = 0; i < 3_000; i++) {
      long each = seeds.nextLong();
      if (changeAfterTheCall(each) && changeWhileItRuns(each)) {
        taken++;
      }
    }
    assertTrue(taken > 500, "only " + taken + " were taken");
  }

  /** Returns whether the request was taken. */
  private static boolean changeAfterTheCall(long seed) {
    CachingPredictor<Object, String> cache = texts(FakeModel.of(Rendered::of));
    Grown grown = new Grown(seed);
    Object request = grown.root;
    String original = Rendered.of(request);
    try {
      assertEquals(original, cache.predict(request));
    } catch (IllegalArgumentException e) {
      return false;
    }
    for (Runnable change : grown.changes) {
      change.run();
      assertEquals(Rendered.of(request), predict(cache, request), "seed " + seed);
      assertEquals(original, predict(cache, new Grown(seed).root), "seed " + seed);
    }
    return true;
  }

  private static boolean changeWhileItRuns(long seed) {
    FakeModel<Object, String> model = FakeModel.byHand(Rendered::of);
    CachingPredictor<Object, String> cache = texts(model);
    Grown grown = new Grown(seed);
    String original = Rendered.of(grown.root);
    CompletableFuture<String> first = cache.submit(grown.root);
    grown.changes.forEach(Runnable::run);
    CompletableFuture<String> second = cache.submit(grown.root);
    CompletableFuture<String> third = cache.submit(new Grown(seed).root);
    for (int i = 0; i < model.runs(); i++) {
      model.finish(i);
    }
    assertEquals(original, Await.value(first), "seed " + seed);
    if (!second.isCompletedExceptionally()) { // a set of changed lists does not equal its copy
      assertEquals(Rendered.of(grown.root), Await.value(second), "seed " + seed);
    }
    assertEquals(original, Await.value(third), "seed " + seed);
    return true;
  }

  private static String predict(CachingPredictor<Object, String> cache, Object request) {
    try {
      return cache.predict(request);
    } catch (IllegalArgumentException e) {
      return Rendered.of(request); // it holds something else now
    }
  }

  private static <I> CachingPredictor<I, String> texts(FakeModel<I, String> model) {
    return Caching.exact(1000).withAnswers(String.class).withAlwaysOn().decorate(model);
  }

  /** A random request, and what can be changed in it. The same seed gives an equal one. */
  private static final class Grown {
    private final SplittableRandom random;
    private final List<Runnable> changes = new ArrayList<>();
    private final Object root;

    Grown(long seed) {
      random = new SplittableRandom(seed);
      root = grow(3);
    }

    private Object grow(int depth) {
      if (depth == 0 || random.nextInt(8) == 0) {
        return leaf();
      }
      return switch (random.nextInt(8)) {
        case 0 -> new Held(grow(depth - 1));
        case 1 -> new Pair<>(grow(depth - 1), grow(depth - 1));
        case 2 -> Optional.of(grow(depth - 1));
        case 3 -> list(new ArrayList<>(List.of(grow(depth - 1), "z")));
        case 4 -> list(Arrays.asList(grow(depth - 1), "z"));
        case 5 -> Collections.unmodifiableList(list(new LinkedList<>(List.of(grow(depth - 1)))));
        case 6 -> {
          Map<Object, Object> map = new LinkedHashMap<>(Map.of("k", grow(depth - 1)));
          changes.add(() -> map.put("k", "changed"));
          yield random.nextBoolean() ? map : Map.copyOf(map);
        }
        default -> {
          Set<Object> set = new HashSet<>(Set.of(grow(depth - 1)));
          changes.add(() -> set.add("changed"));
          yield set;
        }
      };
    }

    private List<Object> list(List<Object> list) {
      changes.add(() -> list.set(0, "changed"));
      return list;
    }

    private Object leaf() {
      switch (random.nextInt(14)) {
        case 0 -> {
          float[] array = {random.nextInt(9), 1};
          changes.add(() -> array[1]++);
          return random.nextBoolean()
              ? new Vector(array)
              : random.nextBoolean() ? array : new Raw(array);
        }
        case 1 -> {
          ByteBuffer buffer = ByteBuffer.allocate(4).putInt(0, random.nextInt(9));
          changes.add(() -> buffer.put(0, (byte) 7));
          return buffer;
        }
        case 2 -> {
          StringBuilder text = new StringBuilder("t");
          changes.add(() -> text.append("changed"));
          return text;
        }
        case 3 -> {
          List<String> tags = new ArrayList<>(List.of("t" + random.nextInt(9)));
          changes.add(() -> tags.set(0, "changed"));
          return new Tags("a", tags);
        }
        case 4 -> {
          List<String> tags = new ArrayList<>(List.of("h" + random.nextInt(9)));
          changes.add(() -> tags.set(0, "changed"));
          return new Hidden(tags);
        }
        default -> {
          return random.nextBoolean()
              ? "s" + random.nextInt(9)
              : List.of(TimeUnit.DAYS, TimeUnit.HOURS).get(random.nextInt(2));
        }
      }
    }
  }

  /** Everything that can be seen of a request, as a text. */
  private static final class Rendered {
    static String of(Object value) {
      if (value instanceof float[] floats) {
        return Arrays.toString(floats);
      } else if (value instanceof Vector vector) {
        return "V" + Arrays.toString(vector.values);
      } else if (value instanceof Raw raw) {
        return "R" + Arrays.toString(raw.values);
      } else if (value instanceof Held held) {
        return "H(" + of(held.value) + ")";
      } else if (value instanceof Pair<?, ?> pair) {
        return "P(" + of(pair.first) + "," + of(pair.second) + ")";
      } else if (value instanceof Optional<?> optional) {
        return "O(" + of(optional.orElseThrow()) + ")";
      } else if (value instanceof ByteBuffer buffer) {
        return "B" + buffer.position() + Arrays.toString(buffer.array());
      } else if (value instanceof List<?> list) {
        return "L" + list.stream().map(Rendered::of).toList();
      } else if (value instanceof Set<?> set) {
        return "S" + set.stream().map(Rendered::of).sorted().toList();
      } else if (value instanceof Map<?, ?> map) {
        return "M"
            + map.entrySet().stream().map(e -> of(e.getKey()) + of(e.getValue())).sorted().toList();
      }
      return Objects.toString(value);
    }
  }
}
