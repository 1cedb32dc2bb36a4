package dev.inproc.benchmarks.suite;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.inproc.benchmarks.OtherLoad;
import dev.inproc.benchmarks.load.Arrivals;
import dev.inproc.benchmarks.load.Clock;
import dev.inproc.benchmarks.load.ClosedLoop;
import dev.inproc.benchmarks.load.LoadResult;
import dev.inproc.benchmarks.load.OpenLoop;
import dev.inproc.benchmarks.load.SteadyState;
import dev.inproc.benchmarks.load.Window;
import dev.inproc.benchmarks.peers.Contender;
import dev.inproc.benchmarks.peers.Lineup;
import dev.inproc.benchmarks.peers.RawOnnx;
import dev.inproc.benchmarks.peers.Served;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** A child: measures every cell of the plan, lineup by lineup, and writes them as JSON. */
final class Measure {
  private static final float TOLERANCE = 2e-3f;
  private static final int MOST_OUTSTANDING = 10_000;

  private final Plan plan;
  private final int fork;
  private final Map<String, Double> bases;
  private final Random random;
  private final List<Cell> cells = new ArrayList<>();

  private Measure(Plan plan, int fork, Map<String, Double> bases) {
    this.plan = plan;
    this.fork = fork;
    this.bases = bases;
    random = new Random(fork);
  }

  /** One measurement, to be shuffled among others. */
  private interface Task {
    void run(int round) throws Exception;
  }

  /** Arguments: quick or full, fork, output file, lineups with commas, name=rate of curves. */
  public static void main(String[] arguments) throws Exception {
    Child.silenceLogs();
    List<String> lineups = List.of(arguments[3].split(",", -1));
    Map<String, Double> bases = new HashMap<>();
    for (String base : Arrays.asList(arguments).subList(4, arguments.length)) {
      int equals = base.indexOf('=');
      bases.put(base.substring(0, equals), Double.parseDouble(base.substring(equals + 1)));
    }
    Plan plan = Plan.of(arguments[0].equals("full"), lineups);
    Measure measure = new Measure(plan, Integer.parseInt(arguments[1]), bases);
    for (String lineup : plan.lineups()) {
      measure.measure(lineup);
    }
    measure.write(Path.of(arguments[2]));
    System.exit(0); // whatever threads a peer leaves behind
  }

  private void write(Path file) throws IOException {
    JsonArray array = new JsonArray();
    cells.forEach(cell -> array.add(cell.toJson()));
    Files.writeString(file, array.toString());
  }

  private void measure(String name) throws Exception {
    try (Lineup lineup = Lineup.open(name, Set.of())) {
      check(name, lineup.contenders());
      JsonObject notes = new JsonObject();
      notes.addProperty("text", lineup.notes());
      if (lineup.textLengths() != null) {
        notes.addProperty("lengths", lineup.textLengths().toString());
        System.err.println("  " + name + ": " + lineup.textLengths());
      }
      cells.add(new Cell("notes", name, "session", 0, fork, 0, 0, notes));
      for (Map.Entry<String, Contender> each : lineup.contenders().entrySet()) {
        if (!each.getKey().endsWith(Lineup.TIMED)) { // the same code as its twin
          warmUp(name, each.getKey(), each.getValue());
        }
      }
      List<Task> tasks = tasks(name, lineup);
      for (int round = 0; round < plan.rounds(); round++) {
        Collections.shuffle(tasks, random);
        for (Task task : tasks) {
          task.run(round);
        }
      }
      if (plan.curves().contains(name)) {
        curves(name, lineup);
      }
      System.err.println("  measured " + name);
    }
  }

  /** Nobody may be fast and wrong. */
  private static void check(String lineup, Map<String, Contender> contenders) throws Exception {
    Contender baseline = contenders.get(Lineup.BASELINE);
    for (Map.Entry<String, Contender> each : contenders.entrySet()) {
      for (int index = 0; index < 4 && baseline != null; index++) {
        float[] expected = baseline.answer(index);
        float[] actual = each.getValue().answer(index);
        for (int i = 0; i < expected.length; i++) {
          if (actual.length != expected.length
              || !(Math.abs(expected[i] - actual[i]) <= TOLERANCE)) {
            throw new IllegalStateException(
                each.getKey() + " answers request " + index + " of " + lineup + " otherwise");
          }
        }
      }
    }
  }

  private void warmUp(String lineup, String name, Contender contender) throws Exception {
    long most = plan.warmUpMillis() * 1_000_000L;
    SteadyState state = SteadyState.await(contender, most / 20, most);
    JsonObject details = new JsonObject();
    details.addProperty("steady", state.isSteady());
    cells.add(new Cell("warm-up", lineup, name, 1, fork, 0, state.seconds(), details));
    if (contender.isAsynchronous()) {
      Window.run(contender, Clock.SYSTEM, plan.window(), most / 8, most / 8);
    }
    ClosedLoop.run(contender, Plan.BASE_CALLERS, 0, most / 4);
  }

  private List<Task> tasks(String name, Lineup lineup) {
    List<Task> tasks = new ArrayList<>();
    lineup
        .contenders()
        .forEach(
            (who, contender) -> {
              if (who.endsWith(Lineup.TIMED)) {
                return;
              }
              for (int callers : plan.callers()) {
                tasks.add(round -> callers(name, lineup, who, callers, round));
              }
              if (contender.isAsynchronous()) {
                tasks.add(round -> window(name, who, contender, round));
              }
              if (contender instanceof RawOnnx || contender instanceof Served<?, ?>) {
                for (int rows : plan.rows()) {
                  if (Set.of(Lineup.BASELINE, "session").contains(who)
                      && !name.equals("text")
                      && !name.equals("tiny_tf")) {
                    tasks.add(round -> cost(name, who, contender, rows, round));
                  }
                }
              }
            });
    return tasks;
  }

  private void callers(String name, Lineup lineup, String who, int callers, int round)
      throws Exception {
    Contender contender = contender(lineup, who);
    long nanos = plan.cellMillis() * 1_000_000L;
    OtherLoad others = new OtherLoad();
    LoadResult result = ClosedLoop.run(contender, callers, nanos / 4, nanos);
    JsonObject details = Cell.details(result, lineup.deadline(), others.processors());
    if (callers == 1) {
      details.addProperty("bytes", Allocation.bytesPerCall(contender));
    }
    cells.add(new Cell("callers", name, who, callers, fork, round, result.answered(), details));
  }

  private static Contender contender(Lineup lineup, String who) {
    Contender contender = lineup.contenders().get(who);
    if (contender == null) {
      throw new IllegalArgumentException("No contender " + who);
    }
    return contender;
  }

  private void window(String name, String who, Contender contender, int round) {
    long nanos = plan.cellMillis() * 1_000_000L;
    OtherLoad others = new OtherLoad();
    double rate = Window.run(contender, Clock.SYSTEM, plan.window(), nanos / 4, nanos);
    JsonObject details = new JsonObject();
    details.addProperty("others", others.processors());
    cells.add(new Cell("window", name, who, plan.window(), fork, round, rate, details));
  }

  /** Microseconds of a run of so many rows, by one caller. */
  private void cost(String name, String who, Contender contender, int rows, int round)
      throws Exception {
    long nanos = plan.cellMillis() * 1_000_000L / 3;
    long begin = System.nanoTime() + nanos / 4;
    long start = 0;
    long now = System.nanoTime();
    int runs = 0;
    while (now - begin < nanos || runs == 0) {
      if (contender instanceof RawOnnx raw) {
        raw.answers(0, rows);
      } else if (contender instanceof Served<?, ?> served) {
        served.answers(0, rows);
      }
      now = System.nanoTime();
      if (start != 0) {
        runs++;
      } else if (now - begin >= 0) {
        start = now;
      }
    }
    double micros = (now - start) / 1e3 / runs;
    cells.add(new Cell("cost", name, who, rows, fork, round, micros, new JsonObject()));
  }

  // ---- latency against offered load ----

  private void curves(String name, Lineup lineup) throws Exception {
    double base = bases.getOrDefault(name, 0.0);
    if (base == 0) {
      long nanos = 4_000_000L * plan.cellMillis();
      base =
          ClosedLoop.run(contender(lineup, Lineup.BASELINE), Plan.BASE_CALLERS, nanos / 4, nanos)
              .answered();
    }
    cells.add(new Cell("base", name, Lineup.BASELINE, 0, fork, 0, base, new JsonObject()));
    List<String> order = new ArrayList<>(lineup.contenders().keySet());
    order.removeAll(List.of("djl", "raw-n"));
    Set<String> saturated = new java.util.HashSet<>();
    for (double load : plan.loads()) {
      Collections.shuffle(order, random);
      for (String who : order) {
        if (!saturated.contains(who) && !point(name, lineup, who, load * base)) {
          saturated.add(who);
        }
      }
    }
  }

  /** Returns whether it kept up; one point beyond is measured too, since it shows the wall. */
  private boolean point(String name, Lineup lineup, String who, double rate) {
    double seconds = plan.curveMillis() / 1e3;
    long warmUp = (long) (seconds * 0.3e9);
    long[] schedule = Arrivals.POISSON.schedule(rate, 1.3 * seconds, fork);
    OtherLoad others = new OtherLoad();
    Contender contender = contender(lineup, who);
    LoadResult result =
        contender.isAsynchronous()
            ? OpenLoop.submit(contender, Clock.SYSTEM, schedule, warmUp, MOST_OUTSTANDING)
            : OpenLoop.call(contender, Clock.SYSTEM, schedule, warmUp, Plan.BASE_CALLERS);
    JsonObject details = Cell.details(result, lineup.deadline(), others.processors());
    cells.add(new Cell("curve", name, who, rate, fork, 0, result.micros(99), details));
    // Latency within half the time measured: no queue that grows all along.
    return who.endsWith(Lineup.TIMED) || result.micros(99) < plan.curveMillis() * 500.0;
  }
}
