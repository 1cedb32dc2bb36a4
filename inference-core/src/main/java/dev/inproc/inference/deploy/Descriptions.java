package dev.inproc.inference.deploy;

import dev.inproc.inference.deploy.DeploymentMetrics.LaneMetrics;
import dev.inproc.inference.deploy.DeploymentMetrics.LaneState;
import dev.inproc.inference.deploy.RolloutMetrics.TriggerMetrics;
import dev.inproc.inference.metrics.Figure;
import dev.inproc.inference.metrics.LayerDescription;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A deployment's figures as a layer of a description. */
final class Descriptions {
  private Descriptions() {}

  /** Returns the layer around the description of the version that serves. */
  static LayerDescription of(
      DeploymentMetrics now, @Nullable RolloutMetrics rollout, LayerDescription serving) {
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
    return new LayerDescription("deployment", now.name(), figures, List.of(serving));
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
