package dev.inproc.inference.monitoring;

import java.util.ArrayList;
import java.util.List;

/**
 * Places values on a logarithmic axis. The values are whole: {@code v} reaches from {@code v} to
 * {@code v + 1}, and its mark stands in the middle. 0 has a place below 1.
 */
final class LogAxis {
  private static final double ZERO = 0.35; // where the logarithmic axis begins if 0 is on it
  private static final double LEAST_RATIO = 4; // of the ends, so that one value is a thin bar
  private static final int[] STEPS = {1, 2, 5};
  private static final int MOST_TICKS = 7;

  private final double low;
  private final double high;
  private final double width;

  /**
   * Creates an axis.
   *
   * @param from the least value
   * @param end the end of the largest
   * @param width how long the axis is
   */
  LogAxis(long from, long end, double width) {
    double ratio = end / at(from);
    double margin = ratio >= LEAST_RATIO ? 1 : Math.sqrt(LEAST_RATIO / ratio);
    low = Math.log(at(from) / margin);
    high = Math.log(end * margin);
    this.width = width;
  }

  private static double at(double value) {
    return value <= 0 ? ZERO : value;
  }

  private double place(double value) {
    return (Math.log(value) - low) / (high - low) * width;
  }

  /** Returns where a value begins. */
  double edge(long value) {
    return place(at(value));
  }

  /** Returns the middle of a value. */
  double middle(double value) {
    return Math.min(width, Math.max(0, place(value + 0.5)));
  }

  /**
   * Returns round values on the axis, a few.
   *
   * @param scale what a value is multiplied by for the unit in which the ticks are to be round
   */
  List<Double> ticks(double scale) {
    List<Double> all = new ArrayList<>();
    List<Double> decades = new ArrayList<>();
    int first = (int) Math.floor(Math.log10(Math.exp(low) * scale));
    int last = (int) Math.ceil(Math.log10(Math.exp(high) * scale));
    for (int decade = first; decade <= last; decade++) {
      for (int step : STEPS) {
        double tick = Double.parseDouble(step + "e" + decade);
        double place = place(tick / scale + 0.5);
        boolean between = scale == 1 && tick < 1; // whole values: no 0.5
        if (place >= 0 && place <= width && !between) {
          all.add(tick);
          if (step == 1) {
            decades.add(tick);
          }
        }
      }
    }
    List<Double> ticks = all.size() <= MOST_TICKS || decades.size() < 2 ? all : decades;
    int every = (ticks.size() + MOST_TICKS - 1) / MOST_TICKS;
    List<Double> some = new ArrayList<>();
    for (int i = 0; i < ticks.size(); i += Math.max(1, every)) {
      some.add(ticks.get(i));
    }
    return some;
  }
}
