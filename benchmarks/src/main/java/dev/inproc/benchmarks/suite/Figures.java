package dev.inproc.benchmarks.suite;

import dev.inproc.benchmarks.peers.Lineup;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;

/** The report's charts. */
final class Figures {
  private static final String LOAD = "offered requests a second (Poisson)";

  private final Results results;
  private final StringBuilder page;

  Figures(Results results, StringBuilder page) {
    this.results = results;
    this.page = page;
  }

  private void begin(String title, String text) {
    page.append("<h2>")
        .append(title)
        .append("</h2><p>")
        .append(text)
        .append("</p><div class=\"charts\">");
  }

  private void figure(String title, Chart chart, String lineup) {
    page.append("<figure><h3>")
        .append(Report.escape(title))
        .append("</h3>")
        .append(chart.svg(Report.escape(title)));
    page.append("<figcaption>made by <code>").append(Report.escape(results.command()));
    page.append(results.command().contains("--only") ? "" : " --only " + lineup);
    page.append("</code></figcaption></figure>");
  }

  void curves() {
    begin(
        "Latency against offered load",
        "Requests come at random times whether or not earlier ones have been answered; each latency counts from the time at which its request was meant to be sent. A line ends where its contender no longer keeps up. The bare engine is called by "
            + Plan.BASE_CALLERS
            + " threads; the others are asynchronous.");
    for (String lineup : Lineup.ALL) {
      if (results.of("curve", lineup).isEmpty()) {
        continue;
      }
      String title = Lineup.title(lineup);
      figure(
          title + ": median",
          curve(lineup, cell -> cell.detail("p50.0") / 1e3, "median latency, ms", false),
          lineup);
      figure(
          title + ": 99th percentile",
          curve(lineup, cell -> cell.detail("p99.0") / 1e3, "p99 latency, ms", false),
          lineup);
      Cell any = results.of("curve", lineup).get(0);
      String within = " within " + Axis.text(any.detail("deadlineMillis")) + " ms";
      figure(
          title + ": goodput",
          curve(lineup, cell -> cell.detail("goodput"), "answers a second" + within, true),
          lineup);
    }
    page.append("</div>");
  }

  private Chart curve(String lineup, ToDoubleFunction<Cell> value, String y, boolean timed) {
    Axis.Scale scale = timed ? Axis.Scale.LINEAR : Axis.Scale.LOG;
    Chart chart = new Chart(new Axis(LOAD, Axis.Scale.LINEAR), new Axis(y, scale));
    for (String who : results.contenders("curve", lineup)) {
      boolean own = who.endsWith(Lineup.TIMED);
      if (own && !timed) {
        continue; // what is refused has no latency: a flattering line
      }
      List<Cell> cells = results.of("curve", lineup, who);
      List<double[]> points = new ArrayList<>();
      for (double load : cells.stream().map(Cell::load).distinct().sorted().toList()) {
        points.add(
            new double[] {load, Results.median(results.of("curve", lineup, who, load), value)});
      }
      chart.add(Styles.title(who), Styles.colour(who), own, points);
    }
    return chart;
  }

  void percentiles() {
    begin(
        "Percentiles at a load",
        "The same runs: every contender at one offered load, from the median to the tail.");
    for (String lineup : Lineup.ALL) {
      List<Double> loads =
          results.of("curve", lineup, Lineup.BASELINE).stream()
              .map(Cell::load)
              .distinct()
              .sorted(Comparator.naturalOrder())
              .toList();
      for (int i = 1; i < loads.size(); i += 2) {
        percentiles(lineup, loads.get(i));
      }
    }
    page.append("</div>");
  }

  private void percentiles(String lineup, double load) {
    Chart chart =
        new Chart(
            new Axis("percentile", Axis.Scale.NINES), new Axis("latency, ms", Axis.Scale.LOG));
    for (String who : results.contenders("curve", lineup)) {
      List<Cell> cells = results.of("curve", lineup, who, load);
      if (!cells.isEmpty() && !who.endsWith(Lineup.TIMED) && Results.haveHistograms(cells)) {
        chart.add(Styles.title(who), Styles.colour(who), false, percentiles(Results.merged(cells)));
      }
    }
    figure(Lineup.title(lineup) + " at " + Axis.text(load) + " requests a second", chart, lineup);
  }

  /** As far as there are ten samples beyond. */
  private static List<double[]> percentiles(Histogram histogram) {
    List<double[]> points = new ArrayList<>();
    for (double nines = 0; nines <= Math.log10(histogram.getTotalCount() / 10.0); nines += 0.05) {
      double percentile = 100 * (1 - Math.pow(10, -nines));
      points.add(new double[] {percentile, histogram.getValueAtPercentile(percentile) / 1e6});
    }
    return points;
  }

  void costs() {
    begin(
        "What a batch costs: t(b)",
        "Microseconds for each row of one run of so many rows, one caller. Batching pays where the line falls, and no more than it falls.");
    for (String lineup : Lineup.ALL) {
      if (results.of("cost", lineup).isEmpty()) {
        continue;
      }
      Chart chart =
          new Chart(new Axis("rows", Axis.Scale.LOG), new Axis("us a row", Axis.Scale.LOG));
      for (String who : results.contenders("cost", lineup)) {
        List<double[]> points = new ArrayList<>();
        for (double rows : results.loads("cost", lineup)) {
          points.add(
              new double[] {
                rows, Results.median(results.of("cost", lineup, who, rows), Cell::value) / rows
              });
        }
        chart.add(Styles.title(who), Styles.colour(who), false, points);
      }
      figure(Lineup.title(lineup), chart, lineup);
    }
    page.append("</div>");
  }
}
