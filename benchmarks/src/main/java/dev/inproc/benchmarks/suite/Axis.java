package dev.inproc.benchmarks.suite;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** One axis of a chart; its range grows with the points that it is shown. */
final class Axis {
  /** How values are spread along it. */
  enum Scale {
    LINEAR,
    LOG,
    /** Percentiles from 0 up, each nine as far from the last. */
    NINES
  }

  private static final int[][] DIGITS = {{1}, {1, 2, 5}, {1, 2, 3, 4, 6, 8}};

  private final String title;
  private final Scale scale;
  private double low = Double.POSITIVE_INFINITY;
  private double high = Double.NEGATIVE_INFINITY;

  Axis(String title, Scale scale) {
    this.title = title;
    this.scale = scale;
  }

  String title() {
    return title;
  }

  boolean accepts(double value) {
    return switch (scale) {
      case LINEAR -> Double.isFinite(value);
      case LOG -> Double.isFinite(value) && value > 0;
      case NINES -> value >= 0 && value < 100;
    };
  }

  void include(double value) {
    low = Math.min(low, value);
    high = Math.max(high, value);
    if (scale == Scale.LINEAR) {
      low = Math.min(0, low);
    }
  }

  private double along(double value) {
    return switch (scale) {
      case LINEAR -> value;
      case LOG -> Math.log10(value);
      case NINES -> -Math.log10(1 - value / 100);
    };
  }

  /** From 0, the low end, to 1. */
  double place(double value) {
    double from = along(low);
    double to = along(high);
    return to > from ? (along(value) - from) / (to - from) : 0.5;
  }

  List<Double> ticks() {
    List<Double> ticks = new ArrayList<>();
    if (!(low <= high)) {
      return ticks;
    }
    switch (scale) {
      case NINES -> {
        for (double tick : new double[] {0, 50, 90, 99, 99.9, 99.99}) {
          addTo(ticks, tick);
        }
      }
      case LOG -> {
        int[] digits = DIGITS[high / low > 3_000 ? 0 : high / low > 30 ? 1 : 2];
        for (int power = (int) Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
          for (int digit : digits) {
            addTo(ticks, digit * Math.pow(10, power));
          }
        }
      }
      case LINEAR -> {
        double step = Math.pow(10, Math.floor(Math.log10(high - low)));
        double steps = (high - low) / step;
        step = steps < 2.5 ? step / 5 : steps < 5 ? step / 2 : step;
        for (double tick = Math.ceil(low / step) * step; tick <= high; tick += step) {
          addTo(ticks, tick);
        }
      }
    }
    return ticks;
  }

  private void addTo(List<Double> ticks, double tick) {
    if (tick >= low && tick <= high) {
      ticks.add(tick);
    }
  }

  String label(double tick) {
    return scale == Scale.NINES ? "p" + text(tick) : text(tick);
  }

  /** Three digits, and k or M for thousands and millions. */
  static String text(double value) {
    double size = Math.abs(value);
    if (size >= 1e6) {
      return digits(value / 1e6) + "M";
    }
    return size >= 1e4 ? digits(value / 1e3) + "k" : digits(value);
  }

  private static String digits(double value) {
    double size = Math.abs(value);
    int decimals =
        size >= 100 || value == Math.rint(value) ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
    if (size > 98 && size < 100) {
      decimals = 2;
    }
    String text = String.format(Locale.ROOT, "%." + decimals + "f", value);
    return decimals == 0 ? text : text.replaceAll("\\.?0+$", "");
  }
}
