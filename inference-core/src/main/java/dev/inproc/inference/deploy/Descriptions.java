package dev.inproc.inference.deploy;

import dev.inproc.inference.deploy.DeploymentMetrics.LaneMetrics;
import dev.inproc.inference.deploy.DeploymentMetrics.LaneState;
import dev.inproc.inference.deploy.RolloutMetrics.TriggerMetrics;
import dev.inproc.inference.metrics.Figure;
import dev.inproc.inference.metrics.LayerDescription;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A deployment's figures as a layer of a description. */
final class Descriptions {
  private Descriptions() {}

  /** Returns the layer around the description of the version that serves. */
  static LayerDescription of(
      DeploymentMetrics now,
      @Nullable RolloutMetrics rollout,
      @Nullable ExperimentPhase experiment,
      LayerDescription serving) {
    List<Figure> figures = new ArrayList<>();
    boolean isOpen = !now.lanes().isEmpty() && now.lanes().get(0).state() == LaneState.SERVING;
    figures.add(new Figure.Info("state", isOpen ? "open" : "closed"));
    figures.add(new Figure.Info("version", now.serving().toString()));
    figures.add(Figure.gauge("version.age", "second", now.servingFor().toNanos() / 1e9));
    figures.add(new Figure.Info("versions.warm", names(now, LaneState.WARM)));
    figures.add(new Figure.Info("versions.draining", names(now, LaneState.DRAINING)));
    figures.add(new Figure.Info("versions.loading", words(now.loading())));
    figures.add(Figure.counter("switches", "switch", now.switches()));
    figures.add(Figure.counter("versions.refused", "version", now.refused()));
    figures.add(Figure.counter("rollbacks", "rollback", now.rollbacks()));
    figures.add(Figure.counter("calls.retried", "call", now.retriedCalls()));
    figures.add(new Figure.Info("rollout", words(rollout)));
    figures.add(
        Figure.gauge("rollout.share", "ratio", rollout == null ? 0 : rollout.canaryShare()));
    figures.add(Figure.gauge("rollout.evidence", "ratio", rollout == null ? 0 : evidence(rollout)));
    figures.add(
        Figure.gauge("rollout.memory", "byte", rollout == null ? 0 : (double) rollout.bytes()));
    figures.add(new Figure.Info("experiment", words(experiment)));
    figures.add(
        Figure.gauge(
            "experiment.keys", "key", experiment == null ? 0 : (double) experiment.keys()));
    figures.add(
        Figure.gauge(
            "experiment.memory", "byte", experiment == null ? 0 : (double) experiment.bytes()));
    List<LayerDescription> inner = new ArrayList<>();
    inner.add(serving);
    now.shadow().ifPresent(shadow -> inner.add(of(shadow)));
    return new LayerDescription("deployment", now.name(), figures, inner);
  }

  /**
   * A shadow is a layer of figures alone. What its lane would tell is no matter of the deployment's
   * health: a shadow that hangs is no reason to restart the process.
   */
  private static LayerDescription of(ShadowMetrics shadow) {
    List<Figure> figures = new ArrayList<>();
    figures.add(new Figure.Info("primary", shadow.primary().toString()));
    figures.add(Figure.counter("shadow.offered", "call", shadow.offered()));
    figures.add(Figure.counter("shadow.compared", "call", shadow.compared()));
    figures.add(Figure.counter("shadow.dropped", "call", shadow.dropped()));
    shadow
        .failures()
        .forEach(
            (kind, count) ->
                figures.add(
                    new Figure.Counter(
                        "shadow.failed",
                        Map.of("kind", kind.name().toLowerCase(Locale.ROOT)),
                        "call",
                        count)));
    figures.add(Figure.counter("recorder.failed", "pair", shadow.recorderFailures()));
    figures.add(Figure.gauge("shadow.pending", "call", (double) shadow.pending()));
    ShadowMetrics.Agreement agreement = shadow.agreement();
    figures.add(Figure.gauge("agreement", "share", agreement.share()));
    figures.add(Figure.gauge("agreement.bound", "share", agreement.bound()));
    figures.add(Figure.gauge("cosine.min", "", agreement.minCosine()));
    figures.add(Figure.gauge("cosine.mean", "", agreement.meanCosine()));
    figures.add(Figure.gauge("error.max", "", agreement.maxError()));
    figures.add(Figure.Spread.seconds("primary.latency", shadow.primaryNanos()));
    figures.add(Figure.Spread.seconds("shadow.latency", shadow.shadowNanos()));
    figures.add(Figure.gauge("processor.share", "share", shadow.processorShare()));
    figures.add(Figure.counter("shadow.yields", "pause", shadow.yields()));
    return new LayerDescription("shadow", shadow.version().toString(), figures, List.of());
  }

  private static String words(@Nullable RolloutMetrics rollout) {
    return rollout == null
        ? "none"
        : String.format(
            Locale.ROOT,
            "%s, %s, step %d of %d",
            rollout.canary(),
            rollout.state().name().toLowerCase(Locale.ROOT),
            rollout.step(),
            rollout.steps());
  }

  private static String words(@Nullable ExperimentPhase experiment) {
    return experiment == null
        ? "none"
        : experiment.arms().stream()
                .map(arm -> arm.name() + " = " + arm.version())
                .collect(Collectors.joining(", "))
            + ", phase "
            + experiment.number();
  }

  private static double evidence(RolloutMetrics rollout) {
    return rollout.triggers().stream().mapToDouble(TriggerMetrics::evidence).max().orElse(0);
  }

  private static String names(DeploymentMetrics now, LaneState state) {
    return words(
        now.lanes().stream()
            .filter(lane -> lane.state() == state)
            .map(LaneMetrics::version)
            .toList());
  }

  private static String words(List<?> versions) {
    return versions.isEmpty()
        ? "none"
        : versions.stream().map(Object::toString).collect(Collectors.joining(", "));
  }
}
