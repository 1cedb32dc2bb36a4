package dev.inproc.benchmarks.load;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Tells when a target has warmed up: its rate, taken over short slices, no longer shows a trend.
 * The medians of the last and of the previous {@value #HALF} slices are compared; they may differ
 * by 2 % or by the slices' own noise (half their median deviation), whichever is more.
 *
 * @param seconds how long it took
 * @param isSteady false if the time allowed passed first
 * @param rates of all slices, calls a second
 */
public record SteadyState(double seconds, boolean isSteady, List<Double> rates) {
  static final int HALF = 4;
  private static final double TOLERANCE = 0.02;

  /** Calls with one caller until steady, or until a time has passed. */
  public static SteadyState await(Target target, long sliceNanos, long mostNanos) throws Exception {
    List<Double> rates = new ArrayList<>();
    long start = System.nanoTime();
    long now = start;
    int index = 0;
    while (now - start < mostNanos) {
      long begin = now;
      int calls = 0;
      while (now - begin < sliceNanos) {
        target.call(index++);
        calls++;
        now = System.nanoTime();
      }
      rates.add(calls / ((now - begin) / 1e9));
      if (isSteady(rates)) {
        return new SteadyState((now - start) / 1e9, true, rates);
      }
    }
    return new SteadyState((now - start) / 1e9, false, rates);
  }

  /** Judges the latest slices. */
  static boolean isSteady(List<Double> rates) {
    int size = rates.size();
    if (size < 2 * HALF) {
      return false;
    }
    double[] before = array(rates.subList(size - 2 * HALF, size - HALF));
    double[] after = array(rates.subList(size - HALF, size));
    double middle = median(before);
    double noise = (deviation(before) + deviation(after)) / 4;
    return Math.abs(median(after) - middle) <= Math.max(TOLERANCE * middle, noise);
  }

  private static double[] array(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static double deviation(double[] values) {
    double middle = median(values);
    return median(Arrays.stream(values).map(value -> Math.abs(value - middle)).toArray());
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }
}
