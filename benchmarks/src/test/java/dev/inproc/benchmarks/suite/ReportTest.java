package dev.inproc.benchmarks.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.inproc.benchmarks.CompactJson;
import dev.inproc.benchmarks.load.ClosedLoop;
import dev.inproc.benchmarks.load.LoadResult;
import dev.inproc.benchmarks.load.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
  @TempDir private Path directory;

  private static Cell callers(String who, int fork, double rate) {
    JsonObject details = details();
    details.addProperty("bytes", 640);
    return new Cell("callers", "tiny", who, 1, fork, 0, rate, details);
  }

  private static JsonObject details() {
    Target target =
        new Target() {
          @Override
          public Object call(int index) {
            return index;
          }

          @Override
          public CompletableFuture<?> submit(int index) {
            return CompletableFuture.completedFuture(index);
          }
        };
    LoadResult result = ClosedLoop.run(target, 1, 0, 1_000_000);
    return Cell.details(result, Duration.ofMillis(1), 0.01);
  }

  private static Results results() {
    List<Cell> cells = new ArrayList<>();
    for (int fork = 0; fork < 3; fork++) {
      cells.add(callers("raw", fork, 100 + fork));
      cells.add(callers("session", fork, 200 + fork));
      cells.add(callers("djl", fork, 50 + fork));
      for (double load : new double[] {100, 200, 300}) {
        cells.add(new Cell("curve", "wide", "raw", load, fork, 0, 1, details()));
        cells.add(new Cell("curve", "wide", "batching", load, fork, 0, 1, details()));
      }
    }
    JsonObject machine = new JsonObject();
    machine.addProperty("processor", "a <b> & c");
    machine.addProperty("others before", 0.5);
    return new Results(machine, "benchmarks/run --quick", cells);
  }

  @Test
  void ratio_threeJvms_isThatOfMediansWithAnInterval() {
    Results results = results();
    Results.Ratio ratio =
        Results.ratio(
            results.of("callers", "tiny", "session"),
            results.of("callers", "tiny", "raw"),
            Cell::value);
    assertEquals(201.0 / 101, ratio.ratio(), 1e-9);
    assertTrue(ratio.low() >= 200.0 / 102 && ratio.low() <= ratio.ratio());
    assertTrue(ratio.high() <= 202.0 / 100 && ratio.high() >= ratio.ratio());
  }

  @Test
  void json_writtenAndRead_givesTheSamePage() throws Exception {
    Results results = results();
    Results read =
        Results.of(JsonParser.parseString(results.toJson().toString()).getAsJsonObject());
    Report.write(results, directory.resolve("one.html"));
    Report.write(read, directory.resolve("two.html"));
    assertEquals(-1, Files.mismatch(directory.resolve("one.html"), directory.resolve("two.html")));
  }

  @Test
  void figures_withoutHistograms_giveThePageWithoutTheirCharts() throws Exception {
    Results read =
        Results.of(JsonParser.parseString(CompactJson.of(results().toJson())).getAsJsonObject());
    Report.write(read, directory.resolve("figures.html"));
    String page = Files.readString(directory.resolve("figures.html"));
    assertTrue(page.contains("<td class=\"better\"><b>1.99</b>"), page);
    assertFalse(page.contains("NaN"), "NaN");
  }

  @Test
  void page_fullOfFigures_needsNoNetworkAndNamesItsCommands() throws Exception {
    Path file = directory.resolve("report.html");
    Report.write(results(), file);
    String page = Files.readString(file);
    assertFalse(page.contains("http"), "a link");
    assertFalse(page.contains("NaN"), "NaN");
    assertTrue(page.contains("a &lt;b&gt; &amp; c"));
    assertTrue(page.contains("was not quiet"));
    assertTrue(page.contains("<td class=\"better\"><b>1.99</b>"), page);
    assertTrue(page.contains("<td class=\"worse\"><b>0.50</b>"));
    assertEquals(count(page, "<figure>"), count(page, "</code></figcaption>"));
    assertEquals(count(page, "<h2>") - 4, count(page, "<p class=\"sub\">made by"));
    assertTrue(page.contains("<polyline"));
  }

  private static int count(String text, String part) {
    return text.split(java.util.regex.Pattern.quote(part), -1).length - 1;
  }
}
