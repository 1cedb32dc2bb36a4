package dev.inproc.inference.deploy;

import static dev.inproc.inference.deploy.Lanes.version;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.OptionsIdiom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** The options of a shadow, and what it copies. */
class ShadowPlanTest {
  private static final UnaryOperator<Object> COPIER = ShadowPlanTest::same;
  private static final Function<Object, float[]> VECTOR = ShadowPlanTest::vector;
  private static final BiPredicate<Object, Object> ALIKE = Object::equals;
  private static final ShadowRecorder<Object, Object> RECORDER = (input, primary, shadow) -> {};

  private static Object same(Object each) {
    return each;
  }

  private static float[] vector(Object each) {
    return new float[] {each.hashCode()};
  }

  private static ShadowPlan<Object, Object> plan() {
    return ShadowPlan.of(version(1));
  }

  @Test
  void plan_followsTheIdiomOfOptions() throws ReflectiveOperationException {
    Map<String, java.util.function.Supplier<ShadowPlan<?, ?>>> changed = new HashMap<>();
    changed.put("version", () -> ShadowPlan.of(version(2)));
    changed.put("share", () -> plan().withShare(0.5));
    changed.put("processorShare", () -> plan().withProcessorShare(0.5));
    changed.put("threads", () -> plan().withThreads(1));
    changed.put("queue", () -> plan().withQueue(1));
    changed.put("timeout", () -> plan().withTimeout(Duration.ofSeconds(1)));
    changed.put("inputCopier", () -> plan().withInputCopier(COPIER));
    changed.put("answerCopier", () -> plan().withAnswerCopier(COPIER));
    changed.put("vector", () -> plan().withVector(VECTOR));
    changed.put("tolerance", () -> plan().withTolerance(0.1));
    changed.put("agreement", () -> plan().withAgreement(ALIKE));
    changed.put("recorder", () -> plan().withRecorder(RECORDER));
    @SuppressWarnings({"unchecked", "rawtypes"})
    OptionsIdiom<?> idiom =
        new OptionsIdiom(
            ShadowPlan.class, ShadowPlan.class, ShadowPlanTest::plan, changed, Set.of(), Set.of());
    idiom.check();
  }

  @Test
  void valuesOutsideTheirRange_areRefused() {
    for (double share : new double[] {0, -1, 1.01, Double.NaN}) {
      assertThrows(IllegalArgumentException.class, () -> plan().withShare(share));
      assertThrows(IllegalArgumentException.class, () -> plan().withProcessorShare(share));
    }
    assertThrows(IllegalArgumentException.class, () -> plan().withThreads(0));
    assertThrows(IllegalArgumentException.class, () -> plan().withQueue(0));
    assertThrows(IllegalArgumentException.class, () -> plan().withTimeout(Duration.ZERO));
    assertThrows(IllegalArgumentException.class, () -> plan().withTolerance(-1));
    assertThrows(IllegalArgumentException.class, () -> plan().withTolerance(Double.NaN));
    assertThrows(NullPointerException.class, () -> ShadowPlan.of(null));
  }

  private record Payment(String card, double amount, Instant time, TimeUnit unit) {}

  private record Nested(Payment payment, int number) {}

  private record Mutable(float[] values) {}

  private record Endless(Endless next) {}

  @Test
  void immutableValues_arePassed() {
    Payment payment = new Payment("c", 1, Instant.EPOCH, TimeUnit.DAYS);
    Tensor tensor = Tensor.of(new float[] {1});
    for (Object value :
        List.of(
            "a",
            1,
            2L,
            3.0,
            true,
            payment,
            new Nested(payment, 1),
            tensor,
            Tensors.of("x", tensor),
            Duration.ZERO,
            TimeUnit.DAYS)) {
      assertSame(value, ShadowCopies.copy(value, "option"));
    }
    assertNull(ShadowCopies.copy(null, "option"));
  }

  @Test
  void arrays_areClonedToAnyDepth() {
    float[][] rows = {{1, 2}, {3}};
    float[][] copy = (float[][]) ShadowCopies.copy(rows, "option");
    rows[0][0] = 9;
    rows[1] = new float[0];
    assertArrayEquals(new float[][] {{1, 2}, {3}}, copy);
    int[][][] cube = {{{1}}};
    int[][][] cubes = (int[][][]) ShadowCopies.copy(cube, "option");
    cube[0][0][0] = 9;
    assertEquals(1, cubes[0][0][0]);
    Object[] mixed = {new long[] {1}, "a", null};
    Object[] mixedCopy = (Object[]) ShadowCopies.copy(mixed, "option");
    ((long[]) mixed[0])[0] = 9;
    assertTrue(Arrays.deepEquals(new Object[] {new long[] {1}, "a", null}, mixedCopy));
    boolean[] flags = {true};
    assertNotSame(flags, ShadowCopies.copy(flags, "option"));
    String[] words = {"a"};
    assertArrayEquals(words, (String[]) ShadowCopies.copy(words, "option"));
  }

  @Test
  void collectionsOfTheJdk_areCopiedWithWhatTheyHold() {
    float[] held = {1};
    List<float[]> list = new ArrayList<>(List.of(held));
    Map<String, float[]> map = new HashMap<>(Map.of("a", held));
    Set<Integer> set = new TreeSet<>(Set.of(3, 1, 2));
    Optional<float[]> optional = Optional.of(held);
    List<?> all = (List<?>) ShadowCopies.copy(List.of(list, map, set, optional), "option");
    held[0] = 9;
    list.clear();
    map.clear();
    set.clear();
    assertArrayEquals(new float[] {1}, (float[]) ((List<?>) all.get(0)).get(0));
    assertArrayEquals(new float[] {1}, (float[]) ((Map<?, ?>) all.get(1)).get("a"));
    assertEquals(List.of(1, 2, 3), List.copyOf((Set<?>) all.get(2)));
    assertArrayEquals(new float[] {1}, (float[]) ((Optional<?>) all.get(3)).orElseThrow());
  }

  @Test
  void otherClasses_areRefusedWithTheOptionThatHelps() {
    for (Object value :
        List.of(
            new Mutable(new float[1]),
            new Endless(null),
            new AtomicInteger(),
            new BitSet(),
            new Object(),
            List.of(new AtomicInteger()))) {
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class, () -> ShadowCopies.copy(value, "withInputCopier"));
      assertTrue(e.getMessage().contains("ShadowPlan.withInputCopier"), e::getMessage);
    }
  }
}
