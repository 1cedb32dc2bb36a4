package dev.inproc.inference.spring.boot;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.deploy.Deployment;
import dev.inproc.inference.metrics.Figure;
import dev.inproc.inference.metrics.LayerDescription;
import dev.inproc.inference.metrics.Outcome;
import dev.inproc.inference.monitoring.Health;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Whether a model serves, for an endpoint that asks.
 *
 * @param isUp false if the model is closed, its engine hangs, or more than half of the calls of the
 *     last minute failed in the model. A model that refuses calls because too many wait is up: to
 *     take its instance away would send its calls to the others
 * @param details what an operator wants to see
 */
record ModelHealth(boolean isUp, Map<String, Object> details) {
  private static final int FEWEST_CALLS = 20;
  private static final double MOST_FAILED = 0.5;
  private static final String STATE = "state";
  private static final String WAITING = "queue.waiting";

  static ModelHealth of(Predictor<?, ?> model) {
    LayerDescription description = model.describe();
    Health health = Health.of(description);
    boolean isClosed =
        description
            .all()
            .anyMatch(
                layer -> layer.figure(STATE).filter(f -> f.value().equals("closed")).isPresent());
    Map<String, Object> details = new LinkedHashMap<>();
    details.put(STATE, isClosed ? "closed" : health.status().name().toLowerCase(Locale.ROOT));
    model
        .find(Deployment.class)
        .ifPresent(deployment -> details.put("version", deployment.version().toString()));
    details.put("waiting", waiting(description));
    if (!health.reasons().isEmpty()) {
      details.put("reasons", health.reasons());
    }
    boolean isHung = health.status() == Health.Status.HUNG;
    return new ModelHealth(!isClosed && !isHung && !isFailing(description), details);
  }

  private static long waiting(LayerDescription description) {
    return figures(description, WAITING).stream().mapToLong(ModelHealth::number).sum();
  }

  private static List<Figure> figures(LayerDescription description, String name) {
    return description
        .all()
        .flatMap(layer -> layer.figures().stream())
        .filter(figure -> figure.name().equals(name))
        .toList();
  }

  private static boolean isFailing(LayerDescription description) {
    long failed = 0;
    long all = 0;
    for (Figure figure : figures(description, "calls.minute")) {
      all += number(figure);
      failed += figure.tags().containsValue(Outcome.FAILED.label()) ? number(figure) : 0;
    }
    return all >= FEWEST_CALLS && failed > MOST_FAILED * all;
  }

  private static long number(Figure figure) {
    return figure.value() instanceof Number number ? number.longValue() : 0;
  }
}
