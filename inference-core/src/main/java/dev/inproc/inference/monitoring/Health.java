package dev.inproc.inference.monitoring;

import dev.inproc.inference.metrics.Figure;
import dev.inproc.inference.metrics.Histogram;
import dev.inproc.inference.metrics.LayerDescription;
import dev.inproc.inference.metrics.Outcome;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Whether a composed predictor serves as it should, judged from its figures. Immutable.
 *
 * <pre>{@code
 * Health health = Health.of(embedder.describe());
 * if (health.status() == Health.Status.HUNG) {
 *   log.error("restart: {}", health.reasons());
 * }
 * }</pre>
 *
 * <p>The worst status of all layers counts, with the reasons of that status and of milder ones. The
 * shares of the last minute are known where a {@link Metering} layer stands in the chain.
 *
 * @param status how it serves
 * @param reasons why not better: one sentence each, worst first; empty if it is ready
 */
public record Health(Status status, List<String> reasons) {
  private static final int FEWEST_CALLS = 20;
  private static final double MOST_FAILED = 0.05;
  private static final double MOST_REFUSED = 0.01;
  private static final double FULL = 0.9;
  private static final double SHORTEST_HANG_SECONDS = 5;
  private static final double HANG_TIMES_P999 = 10;
  private static final int FEWEST_RUNS = 20;
  private static final double HANG_SECONDS_OF_FEW = 300; // the first run on a GPU may take a minute

  /** How a predictor serves; later ones are worse. */
  public enum Status {
    /** It answers within what is usual for it. */
    READY,
    /** It answers, but one by one until the integrity probe of its model has ended. */
    STARTING,
    /**
     * It answers, but not all calls: in the last minute more than 5 % of at least 20 calls failed
     * or expired, more than 1 % were refused, the queue is nine tenths full, or it is closed.
     */
    DEGRADED,
    /**
     * A run takes ten times what 99.9 % of at least 20 runs took, and at least five seconds; with
     * fewer runs before it, five minutes. The engine is stuck, and only the end of the process
     * frees it. A batcher knows how long the runs of its worker threads take. A session knows only
     * for how long it has told of a run: a run that a caller makes itself is judged from the first
     * description on that shows it, so look every few seconds.
     */
    HUNG
  }

  /** Copies the reasons. */
  public Health {
    Objects.requireNonNull(status, "status");
    reasons = List.copyOf(reasons);
  }

  private record Finding(Status status, String reason) {}

  /** Judges a predictor by what its {@code describe()} tells. */
  public static Health of(LayerDescription predictor) {
    List<Finding> findings = new ArrayList<>();
    predictor.all().forEach(layer -> findings.addAll(judge(layer)));
    findings.sort(Comparator.comparing(Finding::status).reversed());
    Status worst = findings.isEmpty() ? Status.READY : findings.get(0).status;
    return new Health(worst, findings.stream().map(Finding::reason).toList());
  }

  private static List<Finding> judge(LayerDescription layer) {
    List<Finding> found = new ArrayList<>();
    String name = layer.kind() + " \"" + layer.name() + "\"";
    layer
        .figure("state")
        .ifPresent(
            state -> {
              if (state.value().equals("starting")) {
                found.add(
                    new Finding(
                        Status.STARTING,
                        name
                            + ": the integrity probe goes on; examples run one by one until then"));
              } else if (state.value().equals("closed")) {
                found.add(new Finding(Status.DEGRADED, name + " is closed"));
              }
            });
    judgeRun(layer, name, found);
    judgeQueue(layer, name, found);
    judgeCalls(layer, name, found);
    return found;
  }

  private static void judgeRun(LayerDescription layer, String name, List<Finding> found) {
    double age = level(layer, "run.age");
    Histogram runs = Histogram.EMPTY;
    if (layer.figure("run.time").orElse(null) instanceof Figure.Spread spread) {
      runs = spread.values();
    }
    double usual = runs.quantile(0.999) / 1e9;
    double most =
        runs.count() < FEWEST_RUNS
            ? HANG_SECONDS_OF_FEW
            : Math.max(SHORTEST_HANG_SECONDS, HANG_TIMES_P999 * usual);
    if (age > most) {
      found.add(
          new Finding(
              Status.HUNG,
              String.format(
                  Locale.ROOT,
                  "%s: a run has taken %.1f s so far, more than %.1f s; 99.9 %% of %d runs took at"
                      + " most %.3g s",
                  name,
                  age,
                  most,
                  runs.count(),
                  usual)));
    }
  }

  private static void judgeQueue(LayerDescription layer, String name, List<Finding> found) {
    double waiting = level(layer, "queue.waiting");
    double capacity = level(layer, "queue.capacity");
    if (capacity > 0 && waiting >= FULL * capacity) {
      found.add(
          new Finding(
              Status.DEGRADED,
              String.format(
                  Locale.ROOT,
                  "%s: %.0f calls wait in a queue for %.0f",
                  name,
                  waiting,
                  capacity)));
    }
  }

  private static void judgeCalls(LayerDescription layer, String name, List<Finding> found) {
    double all = minute(layer, Outcome.values());
    if (all < FEWEST_CALLS) {
      return;
    }
    double failed = minute(layer, Outcome.FAILED) / all;
    double expired = minute(layer, Outcome.EXPIRED) / all;
    double refused = minute(layer, Outcome.OVERLOADED) / all;
    degraded(found, name, failed, MOST_FAILED, "failed");
    degraded(found, name, expired, MOST_FAILED, "missed their deadline");
    degraded(found, name, refused, MOST_REFUSED, "were refused");
  }

  private static void degraded(
      List<Finding> found, String name, double share, double most, String what) {
    if (share > most) {
      found.add(
          new Finding(
              Status.DEGRADED,
              String.format(
                  Locale.ROOT,
                  "%s: %.1f %% of the calls of the last minute %s",
                  name,
                  100 * share,
                  what)));
    }
  }

  private static double minute(LayerDescription layer, Outcome... outcomes) {
    List<String> names = Stream.of(outcomes).map(Outcome::label).toList();
    return layer.figures().stream()
        .filter(figure -> figure.name().equals("calls.minute"))
        .filter(figure -> names.contains(figure.tags().get("outcome")))
        .mapToDouble(figure -> ((Number) figure.value()).doubleValue())
        .sum();
  }

  private static double level(LayerDescription layer, String figure) {
    return layer
        .figure(figure)
        .map(each -> each instanceof Figure.Gauge gauge ? gauge.level() : 0.0)
        .orElse(0.0);
  }

  @Override
  public String toString() {
    return reasons.isEmpty() ? status.toString() : status + ": " + String.join("; ", reasons);
  }
}
