package dev.inproc.benchmarks.suite;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.inproc.benchmarks.CompactJson;
import dev.inproc.benchmarks.peers.Lineup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The comparison in one command, {@code benchmarks/run}. Every contender for a model runs in the
 * same JVM in turn, in an order shuffled anew each round; JVMs follow one another, so that
 * intervals cover what a JVM draws once. Writes {@code report.html}, {@code results.json} with
 * every histogram, and {@code figures.json}, the small form that is kept.
 */
public final class Suite {
  private static final String USAGE =
      "usage: benchmarks/run --quick|--full [--out DIR] [--only LINEUP,...]\n  lineups: "
          + Lineup.ALL;

  private final boolean full;
  private final Plan plan;
  private final Path out;
  private final String command;
  private final List<Cell> cells = new ArrayList<>();

  private Suite(boolean full, Plan plan, Path out, String command) {
    this.full = full;
    this.plan = plan;
    this.out = out;
    this.command = command;
  }

  /** See the class. */
  public static void main(String[] arguments) throws Exception {
    List<String> all = List.of(arguments);
    boolean full = all.contains("--full");
    if (all.contains("--help") || full == all.contains("--quick")) {
      System.err.println(USAGE);
      System.exit(64);
    }
    Path out = Path.of("benchmarks", "target", "report");
    List<String> lineups = List.of();
    for (int i = 0; i < arguments.length; i++) {
      boolean named = Set.of("--out", "--only").contains(arguments[i]);
      if (named && i + 1 == arguments.length) {
        System.err.println(arguments[i] + " needs a value\n" + USAGE);
        System.exit(64);
      } else if (arguments[i].equals("--out")) {
        out = Path.of(arguments[++i]);
      } else if (arguments[i].equals("--only")) {
        lineups = Arrays.asList(arguments[++i].split(",", -1));
      } else if (!Set.of("--quick", "--full").contains(arguments[i])) {
        System.err.println("Unknown: " + arguments[i] + "\n" + USAGE);
        System.exit(64);
      }
    }
    String command =
        "benchmarks/run "
            + (full ? "--full" : "--quick")
            + (lineups.isEmpty() ? "" : " --only " + String.join(",", lineups));
    Plan plan;
    try {
      plan = Plan.of(full, lineups);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage() + "\n" + USAGE);
      System.exit(64);
      return;
    }
    new Suite(full, plan, out, command).run();
  }

  private void run() throws IOException, InterruptedException {
    Files.createDirectories(out);
    double others = Machine.others();
    System.err.printf(
        Locale.ROOT,
        others <= Machine.QUIET
            ? "The machine is quiet: others use %.2f processors.%n"
            : "THE MACHINE IS NOT QUIET: others use %.2f processors. The report will say so.%n",
        others);
    Map<String, Double> bases = new HashMap<>();
    for (int fork = 0; fork < plan.forks(); fork++) {
      System.err.println("JVM " + (fork + 1) + " of " + plan.forks());
      for (Cell cell : fork(fork, bases)) {
        cells.add(cell);
        if (cell.section().equals("base")) {
          bases.putIfAbsent(cell.lineup(), cell.value());
        }
      }
    }
    footprints();
    Results results = new Results(Machine.describe(others), command, cells);
    Files.writeString(out.resolve("results.json"), results.toJson().toString());
    Files.writeString(out.resolve("figures.json"), CompactJson.of(results.toJson()));
    Report.write(results, out.resolve("report.html"));
    System.err.println("Wrote " + out.resolve("report.html") + ", results.json and figures.json.");
    System.exit(0); // DJL and TensorFlow keep threads
  }

  private List<Cell> fork(int fork, Map<String, Double> bases)
      throws IOException, InterruptedException {
    Path file = out.resolve("jvm-" + fork + ".json");
    List<String> arguments = new ArrayList<>();
    arguments.addAll(
        List.of(
            full ? "full" : "quick",
            Integer.toString(fork),
            file.toString(),
            String.join(",", plan.lineups())));
    bases.forEach((lineup, rate) -> arguments.add(lineup + "=" + rate));
    Child.run(Measure.class, arguments);
    List<Cell> measured = new ArrayList<>();
    for (JsonElement cell : JsonParser.parseString(Files.readString(file)).getAsJsonArray()) {
      measured.add(Cell.of(cell.getAsJsonObject()));
    }
    Files.delete(file);
    return measured;
  }

  /** One process each, since what a process has once allocated does not go back. */
  private void footprints() throws IOException, InterruptedException {
    footprint("", "");
    for (String lineup : plan.lineups()) {
      List<String> who =
          switch (lineup) {
            case "minilm" -> List.of("raw", "djl", "session");
            case "wide" -> List.of("raw", "raw-n", "djl", "batching");
            case "text" -> List.of("langchain4j", "session");
            default -> List.of();
          };
      for (String contender :
          full || lineup.equals("minilm") || lineup.equals("text") ? who : List.<String>of()) {
        footprint(lineup, contender);
      }
    }
  }

  private void footprint(String lineup, String contender) throws IOException, InterruptedException {
    List<String> arguments = lineup.isEmpty() ? List.of() : List.of(lineup, contender);
    String output = Child.run(Footprint.class, arguments);
    String[] fields = output.substring(output.indexOf("footprint ")).strip().split("\\s+", -1);
    JsonObject details = new JsonObject();
    details.addProperty("heap", Double.parseDouble(fields[2]));
    cells.add(
        new Cell("memory", lineup, contender, 0, 0, 0, Double.parseDouble(fields[1]), details));
  }
}
