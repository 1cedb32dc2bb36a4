package dev.inproc.inference.text;

import dev.inproc.inference.metrics.Figure;
import java.util.List;

/**
 * What a text model has read since it was loaded. Immutable. Only answered texts count; a pair is
 * one text.
 *
 * @param texts texts answered
 * @param tokens tokens that the model read for them, special tokens included
 * @param windows runs of tokens: as many as texts, and more where texts were split
 * @param truncated texts of which the model read the first tokens alone
 */
public record TextMetrics(long texts, long tokens, long windows, long truncated) {
  List<Figure> figures() {
    return List.of(
        Figure.counter("texts", "text", texts),
        Figure.counter("tokens", "token", tokens),
        Figure.counter("windows", "window", windows),
        Figure.counter("truncated", "text", truncated));
  }
}
