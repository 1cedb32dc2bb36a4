package dev.inproc.inference.monitoring;

import dev.inproc.inference.metrics.Distribution;
import dev.inproc.inference.metrics.Figure;
import dev.inproc.inference.metrics.LayerDescription;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The figures that sum a predictor up: how long its calls take, and how many it answers a second.
 * Of the layers that have them, the outermost counts, since it is what callers see.
 */
record Headline(Figure.@Nullable Spread latency, Figure.@Nullable Gauge rate) {
  private static final String NONE = "\u2013";

  /**
   * A figure with its label.
   *
   * @param label what it is
   * @param value in human form
   */
  record Item(String label, String value) {}

  static Headline of(LayerDescription predictor) {
    return new Headline(
        first(predictor, Figure.Spread.class, Headline::isLatency)
            .or(() -> first(predictor, Figure.Spread.class, Headline::isTime))
            .orElse(null),
        first(predictor, Figure.Gauge.class, Headline::isAnswers)
            .or(() -> first(predictor, Figure.Gauge.class, Headline::isRate))
            .orElse(null));
  }

  private static <F extends Figure> Optional<F> first(
      LayerDescription predictor, Class<F> type, Predicate<F> filter) {
    Stream<Figure> all = predictor.all().flatMap(layer -> layer.figures().stream());
    return all.filter(type::isInstance).map(type::cast).filter(filter).findFirst();
  }

  private static boolean isTime(Figure.Spread spread) {
    return spread.unit().equals("second") && spread.values().count() > 0;
  }

  private static boolean isLatency(Figure.Spread spread) {
    return isTime(spread) && spread.name().equals("latency");
  }

  private static boolean isRate(Figure.Gauge gauge) {
    return HumanNumbers.isRate(gauge.unit()) && !Double.isNaN(gauge.level());
  }

  private static boolean isAnswers(Figure.Gauge gauge) {
    return isRate(gauge) && (gauge.name() + " " + gauge.unit()).contains("answer");
  }

  /** Returns what is known, for a line. */
  List<Item> items() {
    List<Item> items = new ArrayList<>();
    if (latency != null) {
      List<String> cells = cells();
      items.add(new Item("p50", cells.get(0)));
      items.add(new Item("p95", cells.get(1)));
      items.add(new Item("p99", cells.get(2)));
    }
    if (rate != null) {
      items.add(new Item(HumanNumbers.plural(rate.unit()), HumanNumbers.number(rate.level())));
    }
    return items;
  }

  /** Returns p50, p95, p99 and the rate; a dash for one that is not known. */
  List<String> cells() {
    String rateText = rate == null ? NONE : HumanNumbers.number(rate.level());
    if (latency == null) {
      return List.of(NONE, NONE, NONE, rateText);
    }
    Distribution d = latency.values().distribution(latency.scale());
    return List.of(
        HumanNumbers.of(d.p50(), "second"),
        HumanNumbers.of(d.p95(), "second"),
        HumanNumbers.of(d.p99(), "second"),
        rateText);
  }
}
