package dev.inproc.inference.testing.endurance;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Judges whether a process grew while it did the same thing over and over. Only the second half
 * counts: caches, pools and compiled code fill up in the first. Of the second half, the median of
 * its last third is set against that of its first third, and the difference scaled to the half.
 */
final class Growth {
  private final List<Vitals> samples = new ArrayList<>();

  void sample(Vitals vitals) {
    samples.add(vitals);
  }

  /** Returns by how many KiB the resident memory grew over the second half. */
  double residentKb() {
    return over(Vitals::residentKb);
  }

  /** Returns by how many threads, files and temporary files the process grew. */
  double handles() {
    return over(Vitals::threads) + over(Vitals::files) + over(Vitals::temporary);
  }

  private double over(ToLongFunction<Vitals> what) {
    List<Vitals> half = samples.subList(samples.size() / 2, samples.size());
    int third = half.size() / 3;
    if (third == 0) {
      throw new IllegalStateException(samples.size() + " samples are too few");
    }
    long before = median(half.subList(0, third), what);
    long after = median(half.subList(half.size() - third, half.size()), what);
    return (after - before) * 1.5; // between the middles of the thirds lie two thirds of the half
  }

  private static long median(List<Vitals> some, ToLongFunction<Vitals> what) {
    return some.stream().mapToLong(what).sorted().skip(some.size() / 2).findFirst().orElseThrow();
  }

  @Override
  public String toString() {
    return String.format(
        "second half: RSS %+.0f KiB, threads %+.0f, files %+.0f, temporary files %+.0f; at the end"
            + " %s",
        residentKb(),
        over(Vitals::threads),
        over(Vitals::files),
        over(Vitals::temporary),
        samples.get(samples.size() - 1));
  }
}
