package dev.inproc.inference.monitoring;

import java.util.ArrayList;
import java.util.List;

/**
 * Places values on a logarithmic axis. The values are whole: {@code v} reaches from {@code v} to
 * {@code v + 1}, and its mark stands in the middle. 0 has a place below 1.
 */
final class LogAxis {
  private static final double ZERO = 0.35; // where the logarithmic axis begins if 0 is on it
  private static final double LEAST_RATIO = 1.5; // of the ends, so that one time is a thin bar
  private static final double[] STEPS = {1, 2, 5};
  private static final double[] FINE_STEPS = {
    1, 1.1, 1.2, 1.5, 1.8, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9
  };
  private static final int MOST_TICKS = 7;
  private static final double WHOLE = 64; // a tick is one of the values if they are below

  private final double low;
  private final double high;
  private final double width;

  /**
   * Creates an axis.
   *
   * @param from the least value
   * @param end the end of the largest
   * @param single whether they are one bar, which then has room on both sides
   * @param width how long the axis is
   */
  LogAxis(long from, long end, boolean single, double width) {
    double ratio = end / at(from);
    double margin = Math.max(single ? ratio : 1, Math.sqrt(LEAST_RATIO / ratio));
    low = Math.log(at(from) / margin);
    high = Math.log(end * margin);
    this.width = width;
  }

  private static double at(long value) {
    return value <= 0 ? ZERO : (double) value;
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
    List<Double> ticks = ticks(scale, STEPS);
    if (ticks.size() < 2) {
      ticks = ticks(scale, FINE_STEPS);
    } else if (ticks.size() > MOST_TICKS) {
      ticks = ticks(scale, new double[] {1});
    }
    int every = Math.max(1, (ticks.size() + MOST_TICKS - 1) / MOST_TICKS);
    List<Double> some = new ArrayList<>();
    for (int i = 0; i < ticks.size(); i += every) {
      some.add(ticks.get(i));
    }
    return some;
  }

  private List<Double> ticks(double scale, double[] steps) {
    List<Double> ticks = new ArrayList<>();
    if (isOn(0)) {
      ticks.add(0.0);
    }
    int first = (int) Math.floor(Math.log10(Math.exp(low) * scale));
    int last = (int) Math.ceil(Math.log10(Math.exp(high) * scale));
    for (int decade = first; decade <= last; decade++) {
      for (double step : steps) {
        double tick = Double.parseDouble(step + "e" + decade);
        double value = tick / scale;
        boolean between = value < WHOLE && Math.abs(value - Math.rint(value)) > 1e-6;
        if (!between && isOn(value)) {
          ticks.add(tick);
        }
      }
    }
    return ticks;
  }

  private boolean isOn(double value) {
    double place = place(value + 0.5);
    return place >= 0 && place <= width;
  }
}
