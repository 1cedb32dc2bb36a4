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
    List<Vitals> half = samples.subList(samples.size() / 2, samples.size());
    int third = half.size() / 3;
    if (third == 0) {
      throw new IllegalStateException(samples.size() + " samples are too few");
    }
    long before = median(half.subList(0, third));
    long after = median(half.subList(half.size() - third, half.size()));
    return (after - before) * 1.5; // between the middles of the thirds lie two thirds of the half
  }

  /** Returns by how many threads, files and temporary files the second half exceeds the first. */
  long handles() {
    return more(Vitals::threads) + more(Vitals::files) + more(Vitals::temporary);
  }

  private long more(ToLongFunction<Vitals> what) {
    int half = samples.size() / 2;
    return Math.max(
        0,
        most(samples.subList(half, samples.size()), what) - most(samples.subList(0, half), what));
  }

  private static long most(List<Vitals> some, ToLongFunction<Vitals> what) {
    return some.stream().mapToLong(what).max().orElseThrow();
  }

  private static long median(List<Vitals> some) {
    return some.stream()
        .mapToLong(Vitals::residentKb)
        .sorted()
        .skip(some.size() / 2)
        .findFirst()
        .orElseThrow();
  }

  @Override
  public String toString() {
    return String.format(
        "second half: RSS %+.0f KiB, threads +%d, files +%d, temporary files +%d; at the end %s",
        residentKb(),
        more(Vitals::threads),
        more(Vitals::files),
        more(Vitals::temporary),
        samples.get(samples.size() - 1));
  }
}
