package dev.inproc.inference.deploy;

import dev.inproc.inference.deploy.DeploymentMetrics.LaneMetrics;
import dev.inproc.inference.deploy.DeploymentMetrics.LaneState;
import dev.inproc.inference.metrics.Figure;
import dev.inproc.inference.metrics.LayerDescription;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A deployment's figures as a layer of a description. */
final class Descriptions {
  private Descriptions() {}

  /** Returns the layer around the description of the version that serves. */
  static LayerDescription of(DeploymentMetrics now, LayerDescription serving) {
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
    return new LayerDescription("deployment", now.name(), figures, List.of(serving));
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
