package dev.inproc.benchmarks.suite;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.inproc.benchmarks.Samples;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** What the children measured, put together. */
record Results(JsonObject machine, String command, List<Cell> cells) {
  /**
   * A ratio with its interval.
   *
   * @param ratio of the medians over all forks and rounds
   * @param low end of its 95 % interval, by bootstrap over forks and then rounds
   * @param high likewise
   */
  record Ratio(double ratio, double low, double high) {}

  JsonObject toJson() {
    JsonObject json = new JsonObject();
    json.addProperty("command", command);
    json.add("machine", machine);
    JsonArray array = new JsonArray();
    cells.forEach(cell -> array.add(cell.toJson()));
    json.add("cells", array);
    return json;
  }

  static Results of(JsonObject json) {
    List<Cell> cells = new ArrayList<>();
    for (JsonElement cell : json.getAsJsonArray("cells")) {
      cells.add(Cell.of(cell.getAsJsonObject()));
    }
    return new Results(json.getAsJsonObject("machine"), json.get("command").getAsString(), cells);
  }

  List<Cell> of(String section, String lineup) {
    return cells.stream()
        .filter(cell -> cell.section().equals(section) && cell.lineup().equals(lineup))
        .toList();
  }

  List<Cell> of(String section, String lineup, String contender) {
    return of(section, lineup).stream().filter(cell -> cell.contender().equals(contender)).toList();
  }

  List<Cell> of(String section, String lineup, String contender, double load) {
    return of(section, lineup, contender).stream().filter(cell -> cell.load() == load).toList();
  }

  /** Those who appear in a section, in the order of their first appearance by name. */
  List<String> contenders(String section, String lineup) {
    return of(section, lineup).stream()
        .map(Cell::contender)
        .distinct()
        .sorted(Styles.ORDER)
        .toList();
  }

  List<Double> loads(String section, String lineup) {
    return of(section, lineup).stream().map(Cell::load).distinct().sorted().toList();
  }

  static @Nullable Samples samples(List<Cell> some, ToDoubleFunction<Cell> value) {
    Map<Integer, List<Double>> byFork = new TreeMap<>();
    for (Cell cell : some) {
      byFork.computeIfAbsent(cell.fork(), fork -> new ArrayList<>()).add(value.applyAsDouble(cell));
    }
    if (byFork.isEmpty()) {
      return null;
    }
    return new Samples(
        byFork.values().stream()
            .map(values -> values.stream().mapToDouble(Double::doubleValue).toArray())
            .toList());
  }

  /** Null if either was not measured. */
  static @Nullable Ratio ratio(
      List<Cell> subject, List<Cell> baseline, ToDoubleFunction<Cell> value) {
    Samples above = samples(subject, value);
    Samples below = samples(baseline, value);
    if (above == null || below == null) {
      return null;
    }
    double[] interval = Samples.interval(above, below);
    return new Ratio(above.median() / below.median(), interval[0], interval[1]);
  }

  static double median(List<Cell> some, ToDoubleFunction<Cell> value) {
    Samples samples = samples(some, value);
    return samples == null ? Double.NaN : samples.median();
  }

  /** Whether the histograms of these cells were kept. */
  static boolean haveHistograms(List<Cell> some) {
    return some.stream().allMatch(cell -> cell.details().has("hdr"));
  }

  /** All latencies of some cells together. */
  static Histogram merged(List<Cell> some) {
    Histogram all = new Histogram(3);
    for (Cell cell : some) {
      byte[] bytes = Base64.getDecoder().decode(cell.details().get("hdr").getAsString());
      try {
        all.add(Histogram.decodeFromCompressedByteBuffer(ByteBuffer.wrap(bytes), 0));
      } catch (DataFormatException e) {
        throw new IllegalArgumentException("Not a histogram: " + cell, e);
      }
    }
    return all;
  }
}
