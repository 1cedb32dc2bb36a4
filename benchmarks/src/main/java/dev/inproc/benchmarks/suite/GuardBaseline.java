package dev.inproc.benchmarks.suite;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the guard compares with: each ratio of the library's time to the bare engine's, and how far
 * it strayed over some unchanged runs. Never a time.
 *
 * @param processor where it was recorded; ratios of another do not compare
 * @param ratios by name
 */
record GuardBaseline(String processor, Map<String, Ratio> ratios) {
  private static final double LEAST_MARGIN = 0.05;
  private static final double SAFETY = 2.5;

  /**
   * One guarded ratio.
   *
   * @param ratio the median over the recorded runs
   * @param noise the furthest that one of them was from it, as a share of it
   */
  record Ratio(double ratio, double noise) {
    /** The most that it may be: what the recorded runs strayed, with some to spare. */
    double limit() {
      return ratio * (1 + Math.max(LEAST_MARGIN, SAFETY * noise));
    }
  }

  /** Of several unchanged runs. */
  static GuardBaseline of(String processor, List<Map<String, Double>> runs) {
    Map<String, Ratio> ratios = new TreeMap<>();
    for (String name : runs.get(0).keySet()) {
      double[] values =
          runs.stream().mapToDouble(run -> run.getOrDefault(name, Double.NaN)).sorted().toArray();
      double median = values[values.length / 2];
      double noise =
          Arrays.stream(values).map(value -> Math.abs(value / median - 1)).max().orElse(0);
      ratios.put(name, new Ratio(median, noise));
    }
    return new GuardBaseline(processor, ratios);
  }

  /** What has worsened beyond its noise or was not measured, a line each; empty if all is well. */
  List<String> alarms(Map<String, Double> measured) {
    List<String> alarms = new ArrayList<>();
    ratios.forEach(
        (name, baseline) -> {
          Double now = measured.get(name);
          if (now == null) {
            alarms.add(name + ": not measured");
          } else if (!(now <= baseline.limit())) {
            alarms.add(
                String.format(
                    Locale.ROOT,
                    "%s: %.3f times the bare engine, was %.3f, at most %.3f",
                    name,
                    now,
                    baseline.ratio(),
                    baseline.limit()));
          }
        });
    return alarms;
  }

  String toJson() {
    JsonObject json = new JsonObject();
    json.addProperty("processor", processor);
    JsonObject all = new JsonObject();
    ratios.forEach(
        (name, ratio) -> {
          JsonObject one = new JsonObject();
          one.addProperty("ratio", rounded(ratio.ratio()));
          one.addProperty("noise", rounded(ratio.noise()));
          all.add(name, one);
        });
    json.add("ratios", all);
    return new GsonBuilder().setPrettyPrinting().create().toJson(json) + "\n";
  }

  private static double rounded(double value) {
    return Math.round(value * 1e4) / 1e4;
  }

  static GuardBaseline of(JsonObject json) {
    Map<String, Ratio> ratios = new TreeMap<>();
    for (Map.Entry<String, JsonElement> each : json.getAsJsonObject("ratios").entrySet()) {
      JsonObject one = each.getValue().getAsJsonObject();
      ratios.put(
          each.getKey(), new Ratio(one.get("ratio").getAsDouble(), one.get("noise").getAsDouble()));
    }
    return new GuardBaseline(json.get("processor").getAsString(), ratios);
  }
}
