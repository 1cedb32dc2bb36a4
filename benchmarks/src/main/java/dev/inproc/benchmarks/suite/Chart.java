package dev.inproc.benchmarks.suite;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A line chart as inline SVG. Points that are not finite, or not above 0 on a log axis, are left
 * out.
 */
final class Chart {
  private static final int WIDTH = 620;
  private static final int HEIGHT = 330;
  private static final int LEFT = 66;
  private static final int RIGHT = 14;
  private static final int TOP = 12;
  private static final int BOTTOM = 46;

  private final Axis x;
  private final Axis y;
  private final List<Series> series = new ArrayList<>();

  /** A line: who, and its points as pairs of x and y. */
  private record Series(String name, String colour, boolean dashed, List<double[]> points) {}

  Chart(Axis x, Axis y) {
    this.x = x;
    this.y = y;
  }

  void add(String name, String colour, boolean dashed, List<double[]> points) {
    List<double[]> drawn =
        points.stream().filter(point -> x.accepts(point[0]) && y.accepts(point[1])).toList();
    if (!drawn.isEmpty()) {
      drawn.forEach(
          point -> {
            x.include(point[0]);
            y.include(point[1]);
          });
      series.add(new Series(name, colour, dashed, drawn));
    }
  }

  String svg(String label) {
    StringBuilder svg = new StringBuilder();
    int rows = (series.size() + 1) / 2;
    int height = HEIGHT + 18 * rows;
    print(svg, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">", WIDTH, height, label);
    grid(svg);
    for (Series each : series) {
      StringBuilder path = new StringBuilder();
      for (double[] point : each.points) {
        print(path, "%.1f,%.1f ", px(point[0]), py(point[1]));
      }
      String dash = each.dashed ? " stroke-dasharray=\"5 4\"" : "";
      print(
          svg,
          "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\"%s points=\"%s\"/>",
          each.colour,
          dash,
          path.toString().strip());
      if (each.points.size() < 30) {
        for (double[] point : each.points) {
          print(
              svg,
              "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"><title>%s: %s, %s</title></circle>",
              px(point[0]),
              py(point[1]),
              each.colour,
              each.name,
              Axis.text(point[0]),
              Axis.text(point[1]));
        }
      }
    }
    legend(svg);
    return svg.append("</svg>").toString();
  }

  private void grid(StringBuilder svg) {
    int bottom = HEIGHT - BOTTOM;
    for (double tick : x.ticks()) {
      print(
          svg,
          "<line class=\"grid\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>",
          px(tick),
          TOP,
          px(tick),
          bottom);
      print(
          svg,
          "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
          px(tick),
          bottom + 16,
          x.label(tick));
    }
    for (double tick : y.ticks()) {
      print(
          svg,
          "<line class=\"grid\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>",
          LEFT,
          py(tick),
          WIDTH - RIGHT,
          py(tick));
      print(
          svg,
          "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>",
          LEFT - 6,
          py(tick) + 4,
          y.label(tick));
    }
    print(
        svg,
        "<line class=\"axis\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>",
        LEFT,
        bottom,
        WIDTH - RIGHT,
        bottom);
    print(
        svg,
        "<line class=\"axis\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>",
        LEFT,
        TOP,
        LEFT,
        bottom);
    print(
        svg,
        "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>",
        (LEFT + WIDTH - RIGHT) / 2,
        bottom + 36,
        x.title());
    int middle = (TOP + bottom) / 2;
    print(
        svg,
        "<text x=\"14\" y=\"%d\" text-anchor=\"middle\" transform=\"rotate(-90 14 %d)\">%s</text>",
        middle,
        middle,
        y.title());
  }

  private void legend(StringBuilder svg) {
    for (int i = 0; i < series.size(); i++) {
      Series each = series.get(i);
      int left = LEFT + i % 2 * 280;
      int top = HEIGHT + 4 + i / 2 * 18;
      String dash = each.dashed ? " stroke-dasharray=\"5 4\"" : "";
      print(
          svg,
          "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"%s\" stroke-width=\"3\"%s/>",
          left,
          top,
          left + 24,
          top,
          each.colour,
          dash);
      print(svg, "<text x=\"%d\" y=\"%d\">%s</text>", left + 30, top + 4, each.name);
    }
  }

  private double px(double value) {
    return LEFT + x.place(value) * (WIDTH - RIGHT - LEFT);
  }

  private double py(double value) {
    return HEIGHT - BOTTOM - y.place(value) * (HEIGHT - BOTTOM - TOP);
  }

  private static void print(StringBuilder out, String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values));
  }
}
