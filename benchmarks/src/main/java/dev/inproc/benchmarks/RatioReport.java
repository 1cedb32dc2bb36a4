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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
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
    Map<String, Integer> variants = new HashMap<>();
    for (JsonElement each : results) {
      variants.merge(methodOf(each.getAsJsonObject()), 1, Integer::sum);
    }
    for (JsonElement each : results) {
      JsonObject result = each.getAsJsonObject();
      String method = methodOf(result);
      if (variants.getOrDefault(method, 0) > 1) {
        method += parametersOf(result);
      }
      JsonObject primary = result.getAsJsonObject("primaryMetric");
      times.put(method, samples(primary.getAsJsonArray("rawData")));
      units.put(method, primary.get("scoreUnit").getAsString());
      JsonObject others = result.getAsJsonObject("secondaryMetrics");
      if (others != null && others.has(BYTES)) {
        bytes.put(method, others.getAsJsonObject(BYTES).get("score").getAsDouble());
      }
    }
  }

  private static String methodOf(JsonObject result) {
    String benchmark = result.get("benchmark").getAsString();
    return benchmark.substring(benchmark.lastIndexOf('.') + 1);
  }

  /** Returns what tells apart the runs of a method that was measured more than once. */
  private static String parametersOf(JsonObject result) {
    List<String> values = new ArrayList<>();
    JsonObject parameters = result.getAsJsonObject("params");
    if (parameters != null) {
      parameters.asMap().values().forEach(value -> values.add(value.getAsString()));
    }
    return " " + values;
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
      List<String> variants =
          times.keySet().stream()
              .filter(method -> isOf(bar.subject(), method))
              .map(method -> method.substring(bar.subject().length()))
              .filter(variant -> times.containsKey(bar.baseline() + variant))
              .toList();
      if (variants.isEmpty()) {
        unmeasured |= !bar.isReportedOnly();
        print(out, "%-42s %8s %18s %6s  not measured", bar.name(), "-", "-", most(bar));
      }
      variants.forEach(variant -> printRatio(bar, variant, out));
    }
  }

  /** Whether a method is this one, with parameters or without. */
  private static boolean isOf(String name, String method) {
    return method.equals(name) || method.startsWith(name + " [");
  }

  private void printRatio(Bar bar, String variant, PrintStream out) {
    Samples subject = Objects.requireNonNull(times.get(bar.subject() + variant));
    Samples baseline = Objects.requireNonNull(times.get(bar.baseline() + variant));
    double ratio = subject.median() / baseline.median();
    double[] interval = Samples.interval(subject, baseline);
    String range = String.format(Locale.ROOT, "%.3f - %.3f", interval[0], interval[1]);
    String verdict = verdict(bar, ratio, interval);
    String name = bar.name() + variant;
    print(out, "%-42s %8.3f %18s %6s  %s", name, ratio, range, most(bar), verdict);
  }

  private List<Bar> bars() {
    if (times.keySet().stream().anyMatch(method -> isOf("caffeineGet", method))) {
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
