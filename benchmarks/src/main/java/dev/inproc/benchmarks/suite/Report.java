package dev.inproc.benchmarks.suite;

import com.google.gson.JsonParser;
import dev.inproc.benchmarks.peers.Lineup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Writes {@code report.html}, one file that needs no network, from {@code results.json}; a report
 * can be made again from the figures that were kept:
 *
 * <pre>{@code
 * java -cp benchmarks.jar dev.inproc.benchmarks.suite.Report DIR/results.json DIR/report.html
 * }</pre>
 */
public final class Report {
  private static final String STYLE =
      """
      body{font:15px/1.5 system-ui,sans-serif;color:#222;background:#fff;max-width:1320px;margin:2em auto;padding:0 1em}
      h1{font-size:1.6em}h2{font-size:1.2em;margin-top:2.2em;border-bottom:1px solid #ddd}
      table{border-collapse:collapse;margin:.6em 0;font-variant-numeric:tabular-nums}
      th,td{padding:.25em .7em;text-align:right;border-bottom:1px solid #eee}td{white-space:nowrap}td .sub{display:block}
      th:first-child,td:first-child{text-align:left}th{font-weight:600;border-bottom:2px solid #ccc;vertical-align:bottom;max-width:9em}
      .better{background:#e3f3e6}.worse{background:#fbe4e2}.sub{color:#777;font-size:.85em}
      .warn{background:#fff3cd;border:1px solid #e0c060;padding:.6em 1em}
      .charts{display:flex;flex-wrap:wrap;gap:1.2em}figure{margin:0;width:620px;max-width:100%}
      figcaption{font-size:.85em;color:#555}h3{font-size:1em;margin:.6em 0 .2em}
      svg{width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:#333}
      .grid{stroke:#e6e6e6}.axis{stroke:#888}code{background:#f3f3f3;padding:.1em .3em}
      .scroll{overflow-x:auto}
      """;

  private final Results results;
  private final StringBuilder page = new StringBuilder();

  private Report(Results results) {
    this.results = results;
  }

  /** Arguments: results.json and report.html. */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 2) {
      System.err.println("usage: Report <results.json> <report.html>");
      System.exit(64);
    }
    String json = Files.readString(Path.of(arguments[0]));
    write(Results.of(JsonParser.parseString(json).getAsJsonObject()), Path.of(arguments[1]));
  }

  static void write(Results results, Path file) throws IOException {
    Files.writeString(file, new Report(results).html());
  }

  private String html() {
    page.append("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">");
    page.append("<title>Inproc: measured</title><style>").append(STYLE).append("</style>");
    page.append("<h1>Inproc beside the bare engine and its peers</h1>");
    page.append("<p>Made by <code>").append(escape(results.command())).append("</code>. ");
    page.append(
        "Each ratio compares medians over all JVMs and rounds, measured in turn in one run; ");
    page.append(
        "the small figures are its 95 % interval. Above 1 is better, and a cell is coloured ");
    page.append("only where the interval excludes 1. All raw figures are beside ");
    page.append("this page: <code>results.json</code>, histograms included, and without them ");
    page.append("<code>figures.json</code>.</p>");
    quiet();
    RatioTables tables = new RatioTables(results, page);
    tables.callers();
    tables.window();
    Figures figures = new Figures(results, page);
    figures.curves();
    figures.percentiles();
    figures.costs();
    tables.memory();
    tables.warmUp();
    environment();
    return page.append("</html>\n").toString();
  }

  private void quiet() {
    double before = results.machine().get("others before").getAsDouble();
    List<Double> all =
        results.cells().stream()
            .filter(cell -> cell.details().has("others"))
            .map(cell -> cell.detail("others"))
            .filter(Double::isFinite)
            .toList();
    // The mean, since the system counts in 10 ms and a single measurement is short.
    double during = all.stream().mapToDouble(Double::doubleValue).average().orElse(0);
    boolean isQuiet = before <= Machine.QUIET && during <= Machine.QUIET;
    page.append(isQuiet ? "<p>" : "<p class=\"warn\">");
    page.append(
        isQuiet
            ? "The machine was quiet: "
            : "<b>The machine was not quiet</b>; distrust small differences. ");
    page.append("Other processes used ").append(Axis.text(before));
    page.append(" processors before, and ").append(Axis.text(during)).append(" on average during ");
    page.append(all.size()).append(" measurements; above ").append(Axis.text(Machine.QUIET));
    page.append(" counts as loud.</p>");
  }

  private void environment() {
    page.append("<h2>Environment</h2><table>");
    for (Map.Entry<String, com.google.gson.JsonElement> each : results.machine().entrySet()) {
      page.append("<tr><td>").append(escape(each.getKey())).append("</td><td>");
      page.append(escape(each.getValue().getAsString())).append("</td></tr>");
    }
    page.append(
        "</table><h3>What the library found out about each model when it loaded it</h3><ul>");
    for (String lineup : Lineup.ALL) {
      results.of("notes", lineup).stream()
          .findFirst()
          .ifPresent(
              cell ->
                  page.append("<li>")
                      .append(escape(Lineup.title(lineup)))
                      .append(": ")
                      .append(escape(cell.details().get("text").getAsString()))
                      .append(lengths(cell))
                      .append("</li>"));
    }
    page.append("</ul>");
  }

  private static String lengths(Cell note) {
    return note.details().has("lengths")
        ? "; " + escape(note.details().get("lengths").getAsString())
        : "";
  }

  static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
