package dev.inproc.benchmarks.suite;

import dev.inproc.benchmarks.peers.Lineup;
import java.util.List;

/**
 * What is measured, and for how long.
 *
 * @param forks JVMs, one after the other
 * @param rounds in each: all cells in an order shuffled anew
 * @param cellMillis one measurement; a quarter of it again goes before to get going
 * @param warmUpMillis the most a contender is warmed up
 * @param curveMillis one point of a latency-load curve
 * @param callers numbers of blocking callers
 * @param window asynchronous requests under way
 * @param rows batch sizes of the t(b) curves
 * @param curves lineups that get a latency-load curve
 * @param loads the curve's offered loads, as multiples of what 16 callers get out of the baseline
 * @param lineups all
 */
record Plan(
    int forks,
    int rounds,
    int cellMillis,
    int warmUpMillis,
    int curveMillis,
    List<Integer> callers,
    int window,
    List<Integer> rows,
    List<String> curves,
    List<Double> loads,
    List<String> lineups) {

  /** Callers of the baseline that set the scale of offered loads. */
  static final int BASE_CALLERS = 16;

  /** Within five minutes, the build included. */
  static final Plan QUICK =
      new Plan(
          2,
          2,
          120,
          300,
          350,
          List.of(1, 16),
          256,
          List.of(1, 2, 4, 8, 16, 32),
          List.of("wide"),
          List.of(0.3, 0.6, 0.9, 1.3, 2.0, 3.0, 4.5),
          Lineup.ALL);

  /** About an hour. */
  static final Plan FULL =
      new Plan(
          5,
          3,
          500,
          3_000,
          2_000,
          List.of(1, 4, 16, 64, 256),
          256,
          List.of(1, 2, 4, 8, 16, 32, 64),
          List.of("tiny", "wide", "minilm"),
          List.of(0.2, 0.4, 0.6, 0.8, 0.9, 1.0, 1.2, 1.6, 2.0, 3.0, 4.0, 5.0),
          Lineup.ALL);

  /** Of this name, over some of the lineups. */
  static Plan of(boolean full, List<String> lineups) {
    Plan plan = full ? FULL : QUICK;
    if (lineups.isEmpty()) {
      return plan;
    }
    lineups.stream()
        .filter(each -> !Lineup.ALL.contains(each))
        .findFirst()
        .ifPresent(
            each -> {
              throw new IllegalArgumentException(
                  "Expected some of " + Lineup.ALL + " after --only, got \"" + each + "\"");
            });
    return new Plan(
        plan.forks,
        plan.rounds,
        plan.cellMillis,
        plan.warmUpMillis,
        plan.curveMillis,
        plan.callers,
        plan.window,
        plan.rows,
        plan.curves,
        plan.loads,
        lineups);
  }
}
