package dev.inproc.benchmarks.suite;

import dev.inproc.benchmarks.peers.Lineup;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The report's tables. */
final class RatioTables {
  private static final List<String> WHO =
      List.of("session", "batching", "raw-n", "djl", "langchain4j", "fixed-delay", "queue-thread");

  private final Results results;
  private final StringBuilder page;

  RatioTables(Results results, StringBuilder page) {
    this.results = results;
    this.page = page;
  }

  void callers() {
    List<Double> numbers =
        results.cells().stream()
            .filter(cell -> cell.section().equals("callers"))
            .map(Cell::load)
            .distinct()
            .sorted()
            .toList();
    for (double callers : numbers) {
      String head = callers == 1 ? "One blocking caller" : Axis.text(callers) + " blocking callers";
      head(head + ": answers a second, against the bare engine with as many", "bare, median");
      for (String lineup : Lineup.ALL) {
        List<Cell> baseline = results.of("callers", lineup, Lineup.BASELINE, callers);
        if (!baseline.isEmpty()) {
          String own =
              callers == 1
                  ? micros(baseline)
                  : Axis.text(Results.median(baseline, Cell::value)) + " /s";
          row(
              lineup,
              own,
              who -> results.of("callers", lineup, who, callers),
              baseline,
              Cell::value);
        }
      }
      page.append("</table></div>");
    }
  }

  private static String micros(List<Cell> cells) {
    return Axis.text(Results.median(cells, cell -> cell.detail("p50.0"))) + " &micro;s";
  }

  void window() {
    head(
        "256 asynchronous requests under way: answers a second, against the bare engine with its best number of callers",
        "bare, median");
    for (String lineup : Lineup.ALL) {
      List<Cell> best = List.of();
      for (double callers : results.loads("callers", lineup)) {
        List<Cell> some = results.of("callers", lineup, Lineup.BASELINE, callers);
        if (best.isEmpty()
            || Results.median(some, Cell::value) > Results.median(best, Cell::value)) {
          best = some;
        }
      }
      if (!results.of("window", lineup).isEmpty()) {
        row(
            lineup,
            Axis.text(Results.median(best, Cell::value)) + " /s",
            who -> results.of("window", lineup, who),
            best,
            Cell::value);
      }
    }
    page.append(
        "</table></div><p class=\"sub\">The window is a ring: one thread waits for the oldest request and submits the next.</p>");
  }

  void memory() {
    head("Heap bytes allocated by a call of one caller (medians)", "bare");
    for (String lineup : Lineup.ALL) {
      List<Cell> baseline = results.of("callers", lineup, Lineup.BASELINE, 1);
      if (!baseline.isEmpty()) {
        start(lineup, Axis.text(Results.median(baseline, cell -> cell.detail("bytes"))));
        for (String who : WHO) {
          List<Cell> cells = results.of("callers", lineup, who, 1);
          plain(
              cells.isEmpty()
                  ? ""
                  : Axis.text(Results.median(cells, cell -> cell.detail("bytes"))));
        }
        page.append("</tr>");
      }
    }
    page.append("</table></div>");
    List<Cell> footprints =
        results.cells().stream().filter(cell -> cell.section().equals("memory")).toList();
    if (footprints.isEmpty()) {
      return;
    }
    page.append(
        "<h3>A process that serves one model: resident memory, and heap in use after a collection</h3>");
    page.append("<p class=\"sub\">made by <code>")
        .append(Report.escape(results.command()))
        .append("</code>; one process each</p>");
    page.append(
        "<table><tr><th>model</th><th>served by</th><th>resident MB</th><th>heap MB</th></tr>");
    for (Cell cell : footprints) {
      boolean none = cell.lineup().isEmpty();
      page.append("<tr><td>")
          .append(none ? "none" : Report.escape(Lineup.title(cell.lineup())))
          .append("</td><td>");
      page.append(none ? "the JVM alone" : Styles.title(cell.contender()))
          .append("</td><td>")
          .append(Axis.text(cell.value()));
      page.append("</td><td>").append(Axis.text(cell.detail("heap"))).append("</td></tr>");
    }
    page.append("</table>");
  }

  void warmUp() {
    head(
        "Warm-up: seconds until a single caller's rate shows no trend (medians; &gt; where it still did)",
        "bare");
    for (String lineup : Lineup.ALL) {
      if (!results.of("warm-up", lineup).isEmpty()) {
        start(lineup, warmth(lineup, Lineup.BASELINE));
        for (String who : WHO) {
          plain(warmth(lineup, who));
        }
        page.append("</tr>");
      }
    }
    page.append("</table></div>");
  }

  private String warmth(String lineup, String who) {
    List<Cell> cells = results.of("warm-up", lineup, who);
    if (cells.isEmpty()) {
      return "";
    }
    boolean steady = cells.stream().allMatch(cell -> cell.details().get("steady").getAsBoolean());
    return (steady ? "" : "&gt; ") + Axis.text(Results.median(cells, Cell::value));
  }

  // ---- rows ----

  private void head(String title, String first) {
    page.append("<h2>").append(title).append("</h2><p class=\"sub\">made by <code>");
    page.append(Report.escape(results.command()))
        .append("</code></p><div class=\"scroll\"><table><tr><th>model</th><th>");
    page.append(first).append("</th>");
    WHO.forEach(who -> page.append("<th>").append(Styles.title(who)).append("</th>"));
    page.append("</tr>");
  }

  private void start(String lineup, String baseline) {
    page.append("<tr><td>").append(Report.escape(Lineup.title(lineup))).append("</td>");
    plain(baseline);
  }

  private void plain(String text) {
    page.append("<td>").append(text).append("</td>");
  }

  /** Whose cells. */
  private interface Of {
    List<Cell> of(String contender);
  }

  private void row(
      String lineup, String own, Of cells, List<Cell> baseline, ToDoubleFunction<Cell> value) {
    start(lineup, own);
    for (String who : WHO) {
      cell(Results.ratio(cells.of(who), baseline, value));
    }
    page.append("</tr>");
  }

  private void cell(Results.@Nullable Ratio ratio) {
    if (ratio == null) {
      plain("");
      return;
    }
    String kind =
        ratio.low() > 1 ? " class=\"better\"" : ratio.high() < 1 ? " class=\"worse\"" : "";
    page.append(
        String.format(
            Locale.ROOT,
            "<td%s><b>%.2f</b> <span class=\"sub\">%.2f&ndash;%.2f</span></td>",
            kind,
            ratio.ratio(),
            ratio.low(),
            ratio.high()));
  }
}
