package dev.inproc.inference.metrics;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * One figure of a layer, with its name and unit. Immutable. Names are lower case words with dots,
 * as in {@code "queue.time"}; units are singular: {@code "call"}, {@code "byte"}, {@code "second"}.
 */
public sealed interface Figure {
  /** Returns what is counted or measured. */
  String name();

  /** Returns what tells this figure from others of its name, such as the outcome. Few values. */
  Map<String, String> tags();

  /** Returns the unit of the value. */
  String unit();

  /** Returns the value as JSON libraries write it: a number, a string, or a map of numbers. */
  Object value();

  /**
   * A count that only grows while the predictor lives.
   *
   * @param name what is counted
   * @param tags which of them
   * @param unit the unit
   * @param count how many so far
   */
  record Counter(String name, Map<String, String> tags, String unit, long count) implements Figure {
    /** Copies the tags. */
    public Counter {
      tags = Map.copyOf(tags);
    }

    @Override
    public Object value() {
      return count;
    }
  }

  /**
   * A level that goes up and down.
   *
   * @param name what is measured
   * @param tags which of them
   * @param unit the unit
   * @param level its value now; NaN if it is not known
   */
  record Gauge(String name, Map<String, String> tags, String unit, double level) implements Figure {
    /** Copies the tags. */
    public Gauge {
      tags = Map.copyOf(tags);
    }

    @Override
    public Object value() {
      return level;
    }
  }

  /**
   * How values are spread.
   *
   * @param name what is measured
   * @param tags which of them
   * @param unit the unit of a value times the scale
   * @param values the values; nanoseconds, for a time
   * @param scale what a value is multiplied by for the unit: 1e-9 for seconds
   * @param isCumulative whether it holds all values since the predictor was made, and only grows;
   *     else the values of some time
   */
  record Spread(
      String name,
      Map<String, String> tags,
      String unit,
      Histogram values,
      double scale,
      boolean isCumulative)
      implements Figure {
    /** Copies the tags. */
    public Spread {
      tags = Map.copyOf(tags);
      Objects.requireNonNull(values, "values");
    }

    /** Returns times since the predictor was made, recorded in nanoseconds, told in seconds. */
    public static Spread seconds(String name, Histogram nanos) {
      return new Spread(name, Map.of(), "second", nanos, 1e-9, true);
    }

    /** Returns these as the values of some time alone. */
    public Spread ofSomeTime() {
      return new Spread(name, tags, unit, values, scale, false);
    }

    @Override
    public Object value() {
      Distribution d = values.distribution(scale);
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("count", d.count());
      map.put("mean", d.mean());
      map.put("p50", d.p50());
      map.put("p95", d.p95());
      map.put("p99", d.p99());
      map.put("p999", d.p999());
      map.put("max", d.max());
      return map;
    }
  }

  /**
   * A fact that is no number, such as a version.
   *
   * @param name what it is about
   * @param text the fact
   */
  record Info(String name, String text) implements Figure {
    @Override
    public Map<String, String> tags() {
      return Map.of();
    }

    @Override
    public String unit() {
      return "";
    }

    @Override
    public Object value() {
      return text;
    }
  }

  /** Returns a counter without tags. */
  static Counter counter(String name, String unit, long count) {
    return new Counter(name, Map.of(), unit, count);
  }

  /** Returns a counter of the calls that ended so. */
  static Counter calls(Outcome outcome, long count) {
    return new Counter("calls", Map.of("outcome", outcome.label()), "call", count);
  }

  /** Returns a gauge without tags. */
  static Gauge gauge(String name, String unit, double level) {
    return new Gauge(name, Map.of(), unit, level);
  }

  /** Returns a line for a person: times in the unit that suits them. */
  default String text() {
    String label = tags().isEmpty() ? name() : name() + tags();
    if (this instanceof Spread spread) {
      return label + ": " + spreadText(spread);
    }
    if (this instanceof Gauge gauge) {
      String level = String.format(Locale.ROOT, "%.4g", gauge.level);
      return label + ": " + level + " " + unit();
    }
    return (label + ": " + value() + " " + unit()).strip();
  }

  private static String spreadText(Spread spread) {
    boolean isTime = spread.unit().equals("second");
    Distribution d = spread.values().distribution(isTime ? spread.scale() * 1e3 : spread.scale());
    return String.format(
        Locale.ROOT,
        "p50 %.4g, p95 %.4g, p99 %.4g, max %.4g %s (%d)",
        d.p50(),
        d.p95(),
        d.p99(),
        d.max(),
        isTime ? "ms" : spread.unit(),
        d.count());
  }
}
