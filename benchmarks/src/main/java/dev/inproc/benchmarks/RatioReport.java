package dev.inproc.benchmarks;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.PrintStream;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns JMH's figures into the ratios that this library is judged by: for each bar the ratio of the
 * medians over all iterations, its 95 % interval by bootstrap, and whether the ratio is within the
 * bar; then the time of each benchmark, and its bytes allocated if they were measured. Exits with 1
 * if a bar is missed, with 2 if one was not measured. A verdict whose interval holds the bar itself
 * is marked as unsure: run it again on a quieter machine.
 *
 * <pre>{@code
 * java -jar benchmarks.jar EngineOverhead -prof gc -rf json -rff out.json
 * java -cp benchmarks.jar dev.inproc.benchmarks.RatioReport out.json
 * }</pre>
 */
public final class RatioReport {
  private static final String BYTES = "gc.alloc.rate.norm";

  private final Map<String, Samples> times = new LinkedHashMap<>();
  private final Map<String, String> units = new LinkedHashMap<>();
  private final Map<String, Double> bytes = new LinkedHashMap<>();
  private boolean missed;
  private boolean unmeasured;

  private RatioReport(JsonArray results) {
    for (JsonElement each : results) {
      JsonObject result = each.getAsJsonObject();
      String benchmark = result.get("benchmark").getAsString();
      String method = benchmark.substring(benchmark.lastIndexOf('.') + 1);
      JsonObject primary = result.getAsJsonObject("primaryMetric");
      times.put(method, samples(primary.getAsJsonArray("rawData")));
      units.put(method, primary.get("scoreUnit").getAsString());
      JsonObject others = result.getAsJsonObject("secondaryMetrics");
      if (others != null && others.has(BYTES)) {
        bytes.put(method, others.getAsJsonObject(BYTES).get("score").getAsDouble());
      }
    }
  }

  private static Samples samples(JsonArray rawData) {
    List<double[]> forks = new ArrayList<>();
    for (JsonElement fork : rawData) {
      double[] iterations = new double[fork.getAsJsonArray().size()];
      for (int i = 0; i < iterations.length; i++) {
        iterations[i] = fork.getAsJsonArray().get(i).getAsDouble();
      }
      forks.add(iterations);
    }
    return new Samples(forks);
  }

  /** Reads JMH's JSON and prints the tables; the exit status as said above. */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 1) {
      System.err.println("usage: RatioReport <the file that JMH's -rff wrote>");
      System.exit(64);
    }
    System.exit(report(Path.of(arguments[0]), System.out));
  }

  static int report(Path file, PrintStream out) throws IOException {
    try (Reader reader = Files.newBufferedReader(file)) {
      RatioReport report = new RatioReport(JsonParser.parseReader(reader).getAsJsonArray());
      report.printRatios(out);
      report.printTimes(out);
      return report.missed ? 1 : report.unmeasured ? 2 : 0;
    }
  }

  private void printRatios(PrintStream out) {
    print(out, "%-42s %8s %18s %6s  %s", "ratio of medians", "ratio", "95 %", "bar", "verdict");
    for (Bar bar : bars()) {
      Samples subject = times.get(bar.subject());
      Samples baseline = times.get(bar.baseline());
      if (subject == null || baseline == null) {
        unmeasured |= !bar.isReportedOnly();
        print(out, "%-42s %8s %18s %6s  not measured", bar.name(), "-", "-", most(bar));
        continue;
      }
      double ratio = subject.median() / baseline.median();
      double[] interval = Samples.interval(subject, baseline);
      String range = String.format(Locale.ROOT, "%.3f - %.3f", interval[0], interval[1]);
      String verdict = verdict(bar, ratio, interval);
      print(out, "%-42s %8.3f %18s %6s  %s", bar.name(), ratio, range, most(bar), verdict);
    }
  }

  private List<Bar> bars() {
    if (times.containsKey("caffeineGet")) {
      return Bar.CACHE;
    }
    return times.containsKey("bareRunner") ? Bar.TENSORFLOW : Bar.ALL;
  }

  private static String most(Bar bar) {
    return bar.isReportedOnly() ? "" : String.format(Locale.ROOT, "%.2f", bar.most());
  }

  private String verdict(Bar bar, double ratio, double[] interval) {
    if (bar.isReportedOnly()) {
      return "";
    }
    boolean pass = ratio <= bar.most();
    missed |= !pass;
    boolean sure = interval[1] <= bar.most() || interval[0] > bar.most();
    return (pass ? "pass" : "FAIL") + (sure ? "" : " (unsure)");
  }

  private void printTimes(PrintStream out) {
    print(
        out,
        "%n%-28s %12s %-6s %14s",
        "benchmark",
        "median",
        "",
        bytes.isEmpty() ? "" : "bytes/op");
    times.forEach(
        (method, samples) -> {
          Double allocated = bytes.get(method);
          String count = allocated == null ? "" : String.format(Locale.ROOT, "%.0f", allocated);
          print(out, "%-28s %12.2f %-6s %14s", method, samples.median(), units.get(method), count);
        });
  }

  private static void print(PrintStream out, String format, @Nullable Object... values) {
    out.println(String.format(Locale.ROOT, format, values).stripTrailing());
  }
}
