package dev.inproc.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.ToDoubleFunction;

/**
 * Which thread settings serve which load: what the defaults of {@code intraOpThreads} and spinning
 * rest on. Callers in a closed loop, each with its own thread, run batches of one size on one
 * session; measured are batches a second, rows a second, and the median and 99th percentile of a
 * batch's latency.
 *
 * <p>Workload: an MLP of 1024-2048-2048-512, and MiniLM FP32 at 16 tokens. Parameters: 1 or 2
 * threads within a run; spinning on or off (with one thread it changes nothing, so those pairs show
 * the noise); 1, 2, 4, 8 callers; 1 or 16 rows a run. All cells are run once in each round, in an
 * order shuffled anew, so that what else the machine does falls on all alike; the table gives
 * medians over the quiet rounds, those in which other processes used less than a tenth of a
 * processor, and how many those were; if none was quiet, over all.
 *
 * <pre>{@code
 * java -cp benchmarks.jar dev.inproc.benchmarks.ThreadSettings [rounds=5] [millis=1000] [out.csv]
 * }</pre>
 *
 * <p>With the defaults: 64 cells, so 6 minutes. The file gets one line for each cell and round.
 */
public final class ThreadSettings {
  private static final String HEADER =
      "model,intra_op_threads,spinning,callers,rows,round,runs_per_s,rows_per_s,p50_us,p99_us,others";

  private static final double BUSY = 0.1; // processors

  private ThreadSettings() {}

  /** Measures and prints; see the class for the arguments. */
  public static void main(String[] arguments) throws IOException {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
    int millis = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1000;
    Path file = Path.of(arguments.length > 2 ? arguments[2] : "threads.csv");
    try (ThreadLoads loads = new ThreadLoads()) {
      List<String> lines = new ArrayList<>(List.of(HEADER));
      Map<ThreadLoads.Cell, List<ThreadLoads.Outcome>> outcomes =
          measure(loads, rounds, millis, lines);
      Files.write(file, lines);
      print(outcomes);
    }
  }

  static Map<ThreadLoads.Cell, List<ThreadLoads.Outcome>> measure(
      ThreadLoads loads, int rounds, int millis, List<String> lines) {
    Map<ThreadLoads.Cell, List<ThreadLoads.Outcome>> outcomes = new LinkedHashMap<>();
    List<ThreadLoads.Cell> cells = loads.cells();
    cells.forEach(cell -> outcomes.put(cell, new ArrayList<>()));
    List<ThreadLoads.Cell> order = new ArrayList<>(cells);
    Random random = new Random(2);
    for (int round = 0; round < rounds; round++) {
      Collections.shuffle(order, random);
      for (ThreadLoads.Cell cell : order) {
        ThreadLoads.Outcome outcome = loads.run(cell, millis);
        outcomes.computeIfAbsent(cell, key -> new ArrayList<>()).add(outcome);
        lines.add(line(cell, round, outcome));
      }
    }
    return outcomes;
  }

  private static String line(ThreadLoads.Cell cell, int round, ThreadLoads.Outcome outcome) {
    return String.format(
        Locale.ROOT,
        "%s,%d,%b,%d,%d,%d,%.2f,%.2f,%.1f,%.1f,%.2f",
        cell.model(),
        cell.intraOpThreads(),
        cell.spinning(),
        cell.callers(),
        cell.rows(),
        round,
        outcome.runsPerSecond(),
        outcome.runsPerSecond() * cell.rows(),
        outcome.p50Micros(),
        outcome.p99Micros(),
        outcome.others());
  }

  private static void print(Map<ThreadLoads.Cell, List<ThreadLoads.Outcome>> outcomes) {
    System.out.printf(
        "%-8s %5s %5s %8s %5s %6s %10s %8s %10s %10s%n",
        "model", "intra", "spin", "callers", "rows", "quiet", "rows/s", "spread", "p50 us",
        "p99 us");
    outcomes.forEach(
        (cell, all) -> {
          List<ThreadLoads.Outcome> quiet = all.stream().filter(o -> !(o.others() > BUSY)).toList();
          List<ThreadLoads.Outcome> used = quiet.isEmpty() ? all : quiet;
          double[] rates = sorted(used, o -> o.runsPerSecond() * cell.rows());
          double rate = median(rates);
          System.out.printf(
              Locale.ROOT,
              "%-8s %5d %5s %8d %5d %6d %10.1f %7.0f%% %10.0f %10.0f%n",
              cell.model(),
              cell.intraOpThreads(),
              cell.spinning() ? "on" : "off",
              cell.callers(),
              cell.rows(),
              quiet.size(),
              rate,
              100 * (rates[rates.length - 1] - rates[0]) / rate,
              median(sorted(used, ThreadLoads.Outcome::p50Micros)),
              median(sorted(used, ThreadLoads.Outcome::p99Micros)));
        });
  }

  private static double[] sorted(
      List<ThreadLoads.Outcome> outcomes, ToDoubleFunction<ThreadLoads.Outcome> value) {
    return outcomes.stream().mapToDouble(value).sorted().toArray();
  }

  private static double median(double[] sorted) {
    return sorted[sorted.length / 2];
  }
}
