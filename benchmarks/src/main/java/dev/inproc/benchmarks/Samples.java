package dev.inproc.benchmarks;

import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * The times of one benchmark: one array for each fork, one entry for each iteration.
 *
 * @param forks never empty, nor is any of the arrays
 */
public record Samples(List<double[]> forks) {
  private static final int RESAMPLES = 10_000;
  private static final double TAIL = 0.025;

  public double median() {
    return median(forks.stream().flatMapToDouble(Arrays::stream).toArray());
  }

  /**
   * A 95 % interval of the ratio of two medians, by bootstrap. Forks are drawn first, then
   * iterations within each, since those of one fork are alike: its memory layout and its compiled
   * code are drawn once.
   */
  public static double[] interval(Samples subject, Samples baseline) {
    Random random = new Random(95);
    double[] ratios = new double[RESAMPLES];
    for (int i = 0; i < RESAMPLES; i++) {
      ratios[i] = median(subject.resample(random)) / median(baseline.resample(random));
    }
    Arrays.sort(ratios);
    int low = (int) (TAIL * RESAMPLES);
    return new double[] {ratios[low], ratios[RESAMPLES - 1 - low]};
  }

  private double[] resample(Random random) {
    int size = forks.stream().mapToInt(fork -> fork.length).sum();
    double[] drawn = new double[size];
    int filled = 0;
    for (int i = 0; i < forks.size(); i++) {
      double[] fork = forks.get(random.nextInt(forks.size()));
      for (int j = 0; j < fork.length && filled < size; j++) {
        drawn[filled++] = fork[random.nextInt(fork.length)];
      }
    }
    return Arrays.copyOf(drawn, filled);
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    int half = values.length / 2;
    return values.length % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  }
}
