package dev.inproc.inference.monitoring;

import dev.inproc.inference.metrics.Distribution;
import dev.inproc.inference.metrics.Figure;
import java.util.List;

/** A histogram as SVG: bars on a logarithmic axis, with p50, p95 and p99 marked. */
final class HistogramChart {
  private static final int MOST_BARS = 40;
  private static final int WIDTH = 360;
  private static final int MARGIN = 6;
  private static final int LINE = 13; // of text
  private static final int TOP = 3 * LINE + 3;
  private static final int BASE = 128;
  private static final int HEIGHT = BASE + 16;
  private static final double LEAST_BAR = 1.5; // one value among a billion is seen
  private static final double LETTER = 6.6; // the width of one, at most, on average
  private static final int GAP = 4; // between a line and its label
  private static final double[] SHARES = {0.5, 0.95, 0.99};
  private static final String[] NAMES = {"p50", "p95", "p99"};

  private final Html html;
  private final Figure.Spread spread;
  private final List<HistogramBars.Bar> bars;
  private final LogAxis axis;

  private HistogramChart(Html html, Figure.Spread spread) {
    this.html = html;
    this.spread = spread;
    bars = HistogramBars.of(spread.values(), MOST_BARS);
    long end = bars.get(bars.size() - 1).end();
    axis = new LogAxis(bars.get(0).from(), end, bars.size() == 1, WIDTH - 2 * MARGIN);
  }

  /**
   * Writes a figure: a line of numbers, and the chart.
   *
   * @param spread one that has values
   */
  static void write(Html html, String label, Figure.Spread spread) {
    html.open("figure").open("figcaption").element("b", label).text(" ");
    String count = HumanNumbers.count(spread.values().count(), "value");
    html.element("span", count + ": " + summary(spread)).close();
    new HistogramChart(html, spread).draw("Histogram of " + label + ", " + count);
    html.close();
  }

  private static String summary(Figure.Spread spread) {
    Distribution d = spread.values().distribution(spread.scale());
    String unit = spread.unit();
    return "mean "
        + HumanNumbers.onAxis(d.mean(), unit)
        + ", p50 "
        + HumanNumbers.onAxis(d.p50(), unit)
        + ", p95 "
        + HumanNumbers.onAxis(d.p95(), unit)
        + ", p99 "
        + HumanNumbers.onAxis(d.p99(), unit)
        + ", p99.9 "
        + HumanNumbers.onAxis(d.p999(), unit)
        + ", largest "
        + HumanNumbers.of(d.max(), unit);
  }

  private void draw(String title) {
    String box = "0 0 " + WIDTH + " " + HEIGHT;
    html.open("svg", "viewBox", box, "role", "img", "aria-label", title + ": " + summary(spread));
    long highest = bars.stream().mapToLong(HistogramBars.Bar::count).max().orElse(1);
    for (HistogramBars.Bar bar : bars) {
      if (bar.count() > 0) {
        bar(bar, highest);
      }
    }
    line("axis", MARGIN, BASE, WIDTH - MARGIN, BASE);
    ticks();
    marks();
    html.close();
  }

  private void bar(HistogramBars.Bar bar, long highest) {
    double height = Math.max(LEAST_BAR, (double) bar.count() / highest * (BASE - TOP));
    double left = axis.edge(bar.from());
    double width = Math.max(1, axis.edge(bar.end()) - left - 0.5);
    html.open(
        "rect",
        "class",
        "bar",
        "x",
        number(MARGIN + left),
        "y",
        number(BASE - height),
        "width",
        number(width),
        "height",
        number(height));
    String from = HumanNumbers.onAxis(bar.from() * spread.scale(), spread.unit());
    String to = HumanNumbers.onAxis((bar.end() - 1) * spread.scale(), spread.unit());
    String range = from.equals(to) ? from : from + " to " + to;
    html.element("title", range + ": " + HumanNumbers.count(bar.count(), "value")).close();
  }

  private void ticks() {
    double free = 0;
    for (double tick : axis.ticks(spread.scale())) {
      double x = MARGIN + axis.middle(tick / spread.scale());
      boolean isLong = tick >= 100 && spread.unit().equals("second"); // 1,000 s is round
      String text =
          isLong ? HumanNumbers.number(tick) + " s" : HumanNumbers.onAxis(tick, spread.unit());
      double half = text.length() * LETTER / 2;
      double middle = Math.min(WIDTH - half, Math.max(half, x));
      if (middle - half >= free) {
        line("axis", x, BASE, x, BASE + 3);
        text("tick", middle, BASE + LINE, "middle", text);
        free = middle + half + LETTER;
      }
    }
  }

  /**
   * Marks the percentiles. Where there is room, all labels stand on one side of their lines, and
   * the line nearest to that side begins highest, so that no line crosses a label.
   */
  private void marks() {
    double[] places = new double[SHARES.length];
    String[] labels = new String[SHARES.length];
    double longest = 0;
    for (int i = 0; i < SHARES.length; i++) {
      double value = spread.values().quantile(SHARES[i]);
      places[i] = MARGIN + axis.middle(value);
      labels[i] = NAMES[i] + " " + HumanNumbers.onAxis(value * spread.scale(), spread.unit());
      longest = Math.max(longest, room(labels[i]));
    }
    boolean allLeft = places[2] + room(labels[2]) > WIDTH && places[0] > longest;
    for (int i = 0; i < SHARES.length; i++) {
      int row = allLeft ? SHARES.length - 1 - i : i;
      line("mark", places[i], row * LINE + 2, places[i], BASE);
    }
    for (int i = 0; i < SHARES.length; i++) {
      int row = allLeft ? SHARES.length - 1 - i : i;
      boolean left = allLeft || places[i] + room(labels[i]) > WIDTH;
      double x = left ? places[i] - GAP : places[i] + GAP;
      text("label", x, row * LINE + 10, left ? "end" : "start", labels[i]);
    }
  }

  private static double room(String label) {
    return GAP + label.length() * LETTER;
  }

  private void line(String style, double x1, double y1, double x2, double y2) {
    html.empty(
        "line",
        "class",
        style,
        "x1",
        number(x1),
        "y1",
        number(y1),
        "x2",
        number(x2),
        "y2",
        number(y2));
  }

  private void text(String style, double x, double y, String anchor, String text) {
    html.element(
        "text", text, "class", style, "x", number(x), "y", number(y), "text-anchor", anchor);
  }

  /** To a tenth, which no locale changes. */
  private static String number(double coordinate) {
    return Double.toString(Math.round(coordinate * 10) / 10.0);
  }
}
