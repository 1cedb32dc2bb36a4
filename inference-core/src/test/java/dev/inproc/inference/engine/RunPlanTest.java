package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RunPlanTest {
  private static final int ANY = Integer.MAX_VALUE;

  /** {@code t = a + rows·(b + c·v + d·v²)}, as the cost model learns it. */
  private record Law(double a, double b, double c, double d, boolean known, int maxRows)
      implements RunPlan.Costs {
    @Override
    public int maxRows(long[] sizes) {
      return maxRows;
    }

    @Override
    public double volume(long[] sizes) {
      return Arrays.stream(sizes).asDoubleStream().reduce(1, (x, y) -> x * y);
    }

    @Override
    public double nanos(int rows, double volume) {
      return a + rows * (b + volume * (c + volume * d));
    }

    double cost(List<RunPlan.Group> groups) {
      return groups.stream()
          .mapToDouble(group -> nanos(group.members().length, volume(group.sizes())))
          .sum();
    }
  }

  private static List<long[]> sizes(SplittableRandom random, int count, int variables, int most) {
    List<long[]> sizes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long[] one = new long[variables];
      Arrays.setAll(one, v -> random.nextLong(1, most + 1));
      sizes.add(one);
    }
    return sizes;
  }

  private static Law law(SplittableRandom random, boolean known, int maxRows) {
    return new Law(
        random.nextInt(100),
        random.nextInt(10),
        random.nextInt(10),
        random.nextInt(2),
        known,
        maxRows);
  }

  /** Each member once, each fits its group, no group over the limit. */
  private static void check(List<long[]> sizes, List<RunPlan.Group> groups, int maxRows) {
    int[] all = groups.stream().flatMapToInt(group -> IntStream.of(group.members())).toArray();
    Arrays.sort(all);
    assertArrayEquals(IntStream.range(0, sizes.size()).toArray(), all);
    for (RunPlan.Group group : groups) {
      assertTrue(group.members().length <= maxRows);
      for (int member : group.members()) {
        for (int v = 0; v < group.sizes().length; v++) {
          assertTrue(sizes.get(member)[v] <= group.sizes()[v]);
        }
      }
    }
  }

  /** The cheapest of all partitions, by assigning each example to every group in turn. */
  private static double cheapest(
      List<long[]> sizes, int next, List<List<Integer>> groups, Law law) {
    if (next == sizes.size()) {
      double cost = 0;
      for (List<Integer> group : groups) {
        double longest =
            (double) group.stream().mapToLong(i -> sizes.get(i)[0]).max().orElseThrow();
        cost += law.nanos(group.size(), longest);
      }
      return cost;
    }
    double best = Double.POSITIVE_INFINITY;
    for (int g = 0; g <= groups.size(); g++) {
      boolean fresh = g == groups.size();
      if (fresh) {
        groups.add(new ArrayList<>());
      }
      groups.get(g).add(next);
      best = Math.min(best, cheapest(sizes, next + 1, groups, law));
      groups.get(g).remove(groups.get(g).size() - 1);
      if (fresh) {
        groups.remove(g);
        break;
      }
    }
    return best;
  }

  @Test
  void plan_oneVariableKnownCost_isTheCheapestOfAllPartitions() {
    long seed = System.nanoTime();
    System.out.println("RunPlanTest seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (int round = 0; round < 300; round++) {
      List<long[]> sizes = sizes(random, random.nextInt(1, 8), 1, 12);
      Law law = law(random, true, ANY);
      List<RunPlan.Group> groups = RunPlan.of(sizes, true, law);
      check(sizes, groups, ANY);
      assertEquals(cheapest(sizes, 0, new ArrayList<>(), law), law.cost(groups), 1e-6);
    }
  }

  @Test
  void plan_knownCost_isNeverWorseThanExactLengthsNorThanPadToLongest() {
    SplittableRandom random = new SplittableRandom(7);
    for (int round = 0; round < 2_000; round++) {
      int variables = random.nextInt(1, 4);
      int maxRows = random.nextInt(3) == 0 ? ANY : random.nextInt(1, 6);
      List<long[]> sizes = sizes(random, random.nextInt(1, 40), variables, 9);
      Law law = law(random, true, maxRows);
      List<RunPlan.Group> groups = RunPlan.of(sizes, true, law);
      check(sizes, groups, maxRows);
      double cost = law.cost(groups);
      assertTrue(cost <= law.cost(RunPlan.of(sizes, false, law)) + 1e-6);
      long[] longest = new long[variables];
      sizes.forEach(each -> Arrays.setAll(longest, v -> Math.max(longest[v], each[v])));
      int full = sizes.size() / maxRows;
      int rest = sizes.size() % maxRows;
      double toLongest = rest == 0 ? 0 : law.nanos(rest, law.volume(longest));
      toLongest += full == 0 ? 0 : full * law.nanos(maxRows, law.volume(longest));
      assertTrue(cost <= toLongest + 1e-6, () -> "seed 7: " + cost);
    }
  }

  @Test
  void plan_withoutPadding_mixesNoSizes() {
    SplittableRandom random = new SplittableRandom(8);
    for (int round = 0; round < 500; round++) {
      List<long[]> sizes = sizes(random, random.nextInt(1, 30), 2, 3);
      int maxRows = random.nextInt(1, 6);
      List<RunPlan.Group> groups = RunPlan.of(sizes, false, law(random, true, maxRows));
      check(sizes, groups, maxRows);
      for (RunPlan.Group group : groups) {
        for (int member : group.members()) {
          assertArrayEquals(group.sizes(), sizes.get(member));
        }
      }
    }
  }

  @Test
  void plan_unknownCost_padsATenthAtMost() {
    SplittableRandom random = new SplittableRandom(9);
    for (int round = 0; round < 1_000; round++) {
      List<long[]> sizes = sizes(random, random.nextInt(1, 40), random.nextInt(1, 3), 100);
      Law law = law(random, false, ANY);
      List<RunPlan.Group> groups = RunPlan.of(sizes, true, law);
      check(sizes, groups, ANY);
      for (RunPlan.Group group : groups) {
        double total = law.volume(group.sizes()) * group.members().length;
        double used =
            IntStream.of(group.members()).mapToDouble(i -> law.volume(sizes.get(i))).sum();
        assertTrue(total - used <= 0.1 * total + 1e-9, () -> used + " of " + total);
      }
    }
  }

  @Test
  void plan_unknownCost_joinsNeighbours() {
    Law unknown = new Law(0, 0, 0, 0, false, ANY);
    List<long[]> near = List.of(new long[] {19}, new long[] {20}, new long[] {5});
    List<RunPlan.Group> groups = RunPlan.of(near, true, unknown);
    assertEquals(2, groups.size());
    assertArrayEquals(new int[] {2}, groups.get(0).members(), "the least work first");
    assertArrayEquals(new int[] {0, 1}, groups.get(1).members());
  }

  @Test
  void plan_moreClassesThanOneWindow_staysComplete() {
    SplittableRandom random = new SplittableRandom(10);
    List<long[]> sizes = sizes(random, 1_200, 1, 900);
    for (boolean known : new boolean[] {true, false}) {
      check(sizes, RunPlan.of(sizes, true, new Law(100, 1, 1, 0, known, 64)), 64);
    }
  }
}
