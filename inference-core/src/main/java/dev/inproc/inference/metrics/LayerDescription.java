package dev.inproc.inference.metrics;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a layer of a composed predictor is and counts, with the layers inside it: a tree, taken at
 * one time. Immutable. {@link #toString} prints it for a person; {@link #toMap} gives what any JSON
 * library writes.
 *
 * @param kind what the layer does, in lower case: {@code "metering"}, {@code "batching"}, {@code
 *     "session"}
 * @param name the name that the application gave it, or that of the model
 * @param figures what it counts and measures
 * @param inner the layers that it hands calls on to; one, for most
 */
public record LayerDescription(
    String kind, String name, List<Figure> figures, List<LayerDescription> inner) {
  /** Copies the lists. */
  public LayerDescription {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(name, "name");
    figures = List.copyOf(figures);
    inner = List.copyOf(inner);
  }

  /** Returns a layer around one other, which has that one's name. */
  public static LayerDescription around(LayerDescription inner, String kind, List<Figure> figures) {
    return new LayerDescription(kind, inner.name(), figures, List.of(inner));
  }

  /** Returns the figure of a name, if this layer has one; of some with that name, the first. */
  public Optional<Figure> figure(String figureName) {
    return figures.stream().filter(each -> each.name().equals(figureName)).findFirst();
  }

  /** Returns this layer and all inside it, outermost first. */
  public Stream<LayerDescription> all() {
    return Stream.concat(Stream.of(this), inner.stream().flatMap(LayerDescription::all));
  }

  /**
   * Returns the tree as maps, lists, strings and numbers. A figure with tags stands in a list of
   * its name, since there are several.
   */
  public Map<String, Object> toMap() {
    Map<String, Object> values = new LinkedHashMap<>();
    for (Figure figure : figures) {
      if (figure.tags().isEmpty()) {
        values.put(figure.name(), figure.value());
      } else {
        Map<String, Object> tagged = new LinkedHashMap<>(figure.tags());
        tagged.put("value", figure.value());
        list(values, figure.name()).add(tagged);
      }
    }
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("kind", kind);
    map.put("name", name);
    map.put("figures", values);
    map.put("inner", inner.stream().map(LayerDescription::toMap).toList());
    return map;
  }

  @SuppressWarnings("unchecked")
  private static List<Object> list(Map<String, Object> values, String name) {
    return (List<Object>) values.computeIfAbsent(name, key -> new ArrayList<>());
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    print(text, "");
    return text.toString();
  }

  private void print(StringBuilder text, String indent) {
    text.append(indent).append(kind).append(' ').append(name).append(System.lineSeparator());
    for (Figure figure : figures) {
      text.append(indent).append("  ").append(figure.text()).append(System.lineSeparator());
    }
    inner.forEach(each -> each.print(text, indent + "    "));
  }
}
