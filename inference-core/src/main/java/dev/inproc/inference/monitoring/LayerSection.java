package dev.inproc.inference.monitoring;

import dev.inproc.inference.metrics.Figure;
import dev.inproc.inference.metrics.LayerDescription;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A layer on the status page: its outcomes, a table of its figures, its histograms, its inside. */
final class LayerSection {
  private static final String OUTCOME = "outcome";

  private LayerSection() {}

  /**
   * Writes a layer and all inside it.
   *
   * @param heading the level of its heading, 1 to 6
   */
  static void write(Html html, LayerDescription layer, int heading) {
    write(html, layer, heading, "layer");
  }

  private static void write(Html html, LayerDescription layer, int heading, String style) {
    html.open("section", "class", style).open("h" + heading);
    html.element("span", layer.kind(), "class", "kind").text(" " + layer.name()).close();
    body(html, layer.figures());
    String innerStyle = layer.inner().size() > 1 ? "layer branch" : "layer";
    for (LayerDescription inner : layer.inner()) {
      write(html, inner, Math.min(heading + 1, 6), innerStyle);
    }
    html.close();
  }

  private static void body(Html html, List<Figure> figures) {
    List<Figure> facts = new ArrayList<>();
    List<Figure.Spread> spreads = new ArrayList<>();
    Map<String, List<Figure>> outcomes = new LinkedHashMap<>();
    for (Figure figure : figures) {
      if (figure instanceof Figure.Spread spread && spread.values().count() > 0) {
        spreads.add(spread);
      } else if (figure.tags().containsKey(OUTCOME) && isCount(figure)) {
        outcomes.computeIfAbsent(label(figure, OUTCOME), key -> new ArrayList<>()).add(figure);
      } else {
        facts.add(figure);
      }
    }
    if (figures.isEmpty()) {
      html.element("p", "No figures.", "class", "empty");
      return;
    }
    html.open("div", "class", "body");
    if (!outcomes.isEmpty() || !facts.isEmpty()) {
      html.open("div", "class", "side");
      outcomes.forEach((label, counts) -> outcomes(html, label, counts));
      if (!facts.isEmpty()) {
        table(html, facts);
      }
      html.close();
    }
    for (Figure.Spread spread : spreads) {
      HistogramChart.write(html, label(spread, ""), spread);
    }
    html.close();
  }

  /** A gauge may count too: the calls of the last minute. */
  private static boolean isCount(Figure figure) {
    return figure instanceof Figure.Counter
        || (figure instanceof Figure.Gauge gauge && gauge.level() == (long) gauge.level());
  }

  private static void outcomes(Html html, String label, List<Figure> counts) {
    List<OutcomeBar.Part> parts = new ArrayList<>();
    for (Figure figure : counts) {
      String outcome = figure.tags().getOrDefault(OUTCOME, "").toLowerCase(Locale.ROOT);
      parts.add(new OutcomeBar.Part(outcome, ((Number) figure.value()).longValue()));
    }
    OutcomeBar.write(html, label, counts.get(0).unit(), parts);
  }

  /** The name in words, with the tags but one, sorted, since a map's order changes by the JVM. */
  private static String label(Figure figure, String withoutTag) {
    String tags =
        new TreeMap<>(figure.tags())
            .entrySet().stream()
                .filter(tag -> !tag.getKey().equals(withoutTag))
                .map(tag -> tag.getKey() + " " + tag.getValue())
                .collect(Collectors.joining(", "));
    String name = figure.name().replaceFirst("\\.minute$", " in the last minute").replace('.', ' ');
    return tags.isEmpty() ? name : name + ", " + tags;
  }

  private static void table(Html html, List<Figure> facts) {
    html.open("table", "class", "facts").open("thead").open("tr");
    html.element("th", "Figure", "scope", "col").element("th", "Value", "scope", "col");
    html.close().close().open("tbody");
    for (Figure fact : facts) {
      html.open("tr").element("th", label(fact, ""), "scope", "row");
      String style = fact instanceof Figure.Info ? "text" : "number";
      html.element("td", value(fact), "class", style).close();
    }
    html.close().close();
  }

  private static String value(Figure figure) {
    if (figure instanceof Figure.Counter counter) {
      return HumanNumbers.count(counter.count(), counter.unit());
    }
    if (figure instanceof Figure.Gauge gauge) {
      return HumanNumbers.of(gauge.level(), gauge.unit());
    }
    return figure instanceof Figure.Info info ? info.text() : "no values";
  }
}
