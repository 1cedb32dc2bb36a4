package dev.inproc.inference.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Plans which examples run together, and their padded sizes. A pure function of sizes, costs and
 * limits.
 *
 * <p>Examples of equal sizes form a class and always go together. Classes are sorted by volume, and
 * a run holds neighbours in that order, padded to the largest in each variable; so a plan cuts the
 * sorted sequence, and dynamic programming finds the cheapest cuts in O(classes²). With one
 * variable no plan that mixes non-neighbours is cheaper, since swapping members between two runs
 * never raises either maximum; with several variables it is a heuristic. Until costs are known, a
 * run takes in smaller classes as long as no more than a tenth of it is padding.
 */
final class RunPlan {
  private static final double PADDING_UNKNOWN = 0.10;
  private static final int MAX_CLASSES =
      512; // bounds the quadratic time: more classes are planned in windows of this many

  /** Examples, by their positions, that run together, padded to these sizes. */
  record Group(int[] members, long[] sizes) {}

  /** The limits of runs and their costs. */
  interface Costs {
    /** The most rows that one run of these padded sizes may have; at least 1. */
    int maxRows(long[] sizes);

    /** Whether examples of these sizes may run with others, one of them padded. */
    default boolean mayPad(long[] sizes) {
      return true;
    }

    /** The input elements of one row padded to these sizes. */
    double volume(long[] sizes);

    /** Whether {@link #nanos} can be trusted. */
    boolean known();

    /** The nanoseconds of a run. */
    double nanos(int rows, double volume);
  }

  private record Alike(long[] sizes, double volume, int[] members) {}

  private RunPlan() {}

  /**
   * Plans the runs, ordered by work, so that the answers of short runs do not wait for long runs.
   * If the limits split a run, its cost is computed as if all parts were padded to the same sizes.
   *
   * @param sizes the sizes of each example
   * @param padding whether examples of different sizes may share a run
   */
  static List<Group> of(List<long[]> sizes, boolean padding, Costs costs) {
    List<Group> groups = new ArrayList<>();
    if (areAlike(sizes)) {
      long[] alike = sizes.get(0);
      int[] members = new int[sizes.size()];
      for (int i = 0; i < members.length; i++) {
        members[i] = i;
      }
      emit(List.of(new Alike(alike, 0, members)), costs, groups);
      return groups;
    }
    List<Alike> classes = classes(sizes, costs);
    if (!padding || classes.size() == 1) {
      for (Alike each : classes) {
        emit(List.of(each), costs, groups);
      }
      return groups;
    }
    List<Alike> line = new ArrayList<>();
    for (Alike each : classes) {
      if (costs.mayPad(each.sizes)) {
        line.add(each);
      } else {
        emit(List.of(each), costs, groups);
      }
    }
    for (int from = 0; from < line.size(); from += MAX_CLASSES) {
      List<Alike> window = line.subList(from, Math.min(line.size(), from + MAX_CLASSES));
      if (costs.known()) {
        cutByCost(window, costs, groups);
      } else {
        cutByPadding(window, costs, groups);
      }
    }
    groups.sort(Comparator.comparingDouble(group -> work(group, costs)));
    return groups;
  }

  private static double work(Group group, Costs costs) {
    return group.members.length * costs.volume(group.sizes);
  }

  /**
   * Whether all sizes are equal: the common case, in which 64 tiny examples run faster than they
   * are sorted.
   */
  static boolean areAlike(List<long[]> sizes) {
    long[] first = sizes.get(0);
    for (int i = 1; i < sizes.size(); i++) {
      long[] each = sizes.get(i);
      if (each != first && !Arrays.equals(each, first)) {
        return false;
      }
    }
    return true;
  }

  private static List<Alike> classes(List<long[]> sizes, Costs costs) {
    Integer[] order = new Integer[sizes.size()];
    double[] volumes = new double[order.length];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
      volumes[i] = costs.volume(sizes.get(i));
    }
    Comparator<Integer> byVolume = Comparator.comparingDouble(i -> volumes[i]);
    Arrays.sort(
        order, byVolume.thenComparing((a, b) -> Arrays.compare(sizes.get(a), sizes.get(b))));
    List<Alike> classes = new ArrayList<>();
    int start = 0;
    for (int i = 1; i <= order.length; i++) {
      if (i == order.length || !Arrays.equals(sizes.get(order[i]), sizes.get(order[start]))) {
        int[] members = new int[i - start];
        for (int m = 0; m < members.length; m++) {
          members[m] = order[start + m];
        }
        classes.add(new Alike(sizes.get(members[0]), volumes[members[0]], members));
        start = i;
      }
    }
    return classes;
  }

  private static void cutByCost(List<Alike> line, Costs costs, List<Group> groups) {
    int n = line.size();
    double[] best = new double[n + 1];
    int[] cut = new int[n + 1];
    for (int end = 1; end <= n; end++) {
      best[end] = Double.POSITIVE_INFINITY;
      long[] padded = line.get(end - 1).sizes;
      int rows = 0;
      for (int from = end - 1; from >= 0; from--) {
        padded = max(padded, line.get(from).sizes);
        rows += line.get(from).members.length;
        double cost = best[from] + nanos(rows, padded, costs);
        if (cost < best[end]) {
          best[end] = cost;
          cut[end] = from;
        }
      }
    }
    for (int end = n; end > 0; end = cut[end]) {
      emit(line.subList(cut[end], end), costs, groups);
    }
  }

  /** The cost of rows that may need several runs. */
  private static double nanos(int rows, long[] padded, Costs costs) {
    int max = costs.maxRows(padded);
    double volume = costs.volume(padded);
    int rest = rows % max;
    int full = rows / max;
    return full * costs.nanos(max, volume) + (rest == 0 ? 0 : costs.nanos(rest, volume));
  }

  private static void cutByPadding(List<Alike> line, Costs costs, List<Group> groups) {
    int end = line.size();
    while (end > 0) {
      int from = end - 1;
      long[] padded = line.get(from).sizes;
      double used = line.get(from).volume * line.get(from).members.length;
      int rows = line.get(from).members.length;
      while (from > 0) {
        Alike next = line.get(from - 1);
        long[] wider = max(padded, next.sizes);
        double total = costs.volume(wider) * (rows + next.members.length);
        double filled = used + next.volume * next.members.length;
        if (total - filled > PADDING_UNKNOWN * total) {
          break;
        }
        padded = wider;
        rows += next.members.length;
        used = filled;
        from--;
      }
      emit(line.subList(from, end), costs, groups);
      end = from;
    }
  }

  /**
   * Adds the runs of these classes: as many as the limits require, each padded to its own largest
   * sizes.
   */
  private static void emit(List<Alike> together, Costs costs, List<Group> groups) {
    List<long[]> sizes = new ArrayList<>();
    long[] widest = together.get(0).sizes;
    for (Alike each : together) {
      sizes.addAll(Collections.nCopies(each.members.length, each.sizes));
      widest = max(widest, each.sizes);
    }
    int[] members = together.stream().flatMapToInt(each -> IntStream.of(each.members)).toArray();
    int limit = costs.maxRows(widest);
    for (int from = 0; from < members.length; from += limit) {
      int to = Math.min(members.length, from + limit);
      long[] padded = sizes.get(from);
      for (long[] each : sizes.subList(from, to)) {
        padded = max(padded, each);
      }
      groups.add(new Group(Arrays.copyOfRange(members, from, to), padded));
    }
  }

  /** Returns the larger size of each variable. */
  static long[] max(long[] a, long[] b) {
    if (Arrays.equals(a, b)) {
      return a;
    }
    long[] max = a.clone();
    for (int i = 0; i < max.length; i++) {
      max[i] = Math.max(max[i], b[i]);
    }
    return max;
  }
}
