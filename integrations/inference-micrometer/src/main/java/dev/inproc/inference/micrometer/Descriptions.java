package dev.inproc.inference.micrometer;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.metrics.Figure;
import dev.inproc.inference.metrics.LayerDescription;
import dev.inproc.inference.monitoring.Health;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What a predictor tells of itself, asked at most once a second. Thread-safe. */
final class Descriptions {
  private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Runnable onClosed;
  private @Nullable Predictor<?, ?> predictor; // null once it is closed
  private long askedNanos;
  private Map<Key, Figure> figures = Map.of();
  private Health.@Nullable Status status;

  /** A figure in the tree: its layer is unique in a chain. */
  private record Key(String layer, String name, Map<String, String> tags) {}

  /**
   * A figure and where it stands.
   *
   * @param layer the kind of its layer, with a number from the second layer of a kind on
   * @param figure the figure as it was when the meters were bound
   */
  record Located(String layer, Figure figure) {
    private Key key() {
      return new Key(layer, figure.name(), figure.tags());
    }
  }

  /**
   * Asks a predictor.
   *
   * @param onClosed called once when it is found closed, on the thread that reads a meter
   */
  Descriptions(Predictor<?, ?> predictor, Runnable onClosed) {
    this.predictor = predictor;
    this.onClosed = onClosed;
  }

  /** Returns all figures, outermost layer first. */
  synchronized List<Located> figures() {
    return predictor == null ? List.of() : locate(predictor.describe());
  }

  private static List<Located> locate(LayerDescription description) {
    Map<String, Integer> seen = new HashMap<>();
    List<Located> all = new ArrayList<>();
    description
        .all()
        .forEach(
            layer -> {
              int number = seen.merge(layer.kind(), 1, Integer::sum);
              String unique = number == 1 ? layer.kind() : layer.kind() + "-" + number;
              layer.figures().forEach(figure -> all.add(new Located(unique, figure)));
            });
    return all;
  }

  /** Returns a figure as it is now, or null if there is none any more. */
  @Nullable Figure now(Located located) {
    refresh();
    synchronized (this) {
      return figures.get(located.key());
    }
  }

  /** Whether the predictor's health is this. */
  boolean is(Health.Status expected) {
    refresh();
    synchronized (this) {
      return status == expected;
    }
  }

  private void refresh() {
    boolean isClosed = false;
    synchronized (this) {
      long now = System.nanoTime();
      if (predictor == null || (status != null && now - askedNanos < FRESH_NANOS)) {
        return;
      }
      askedNanos = now;
      LayerDescription description = predictor.describe();
      Map<Key, Figure> fresh = new HashMap<>();
      for (Located each : locate(description)) {
        fresh.put(each.key(), each.figure());
      }
      figures = fresh;
      status = Health.of(description).status();
      isClosed =
          description
              .all()
              .flatMap(layer -> layer.figure("state").stream())
              .anyMatch(state -> state.value().equals("closed"));
    }
    if (isClosed) {
      onClosed.run();
    }
  }

  /** Lets go of the predictor and of all that it told. */
  synchronized void forget() {
    predictor = null;
    figures = Map.of();
  }
}
