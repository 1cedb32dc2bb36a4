package dev.inproc.inference.text;

/**
 * The figures of a text model, wherever it stands in a chain. Any number of threads may share one.
 *
 * <pre>{@code
 * long tokens = embedder.find(TextStats.class).orElseThrow().metrics().tokens();
 * }</pre>
 */
public interface TextStats {
  /** Returns the figures so far; they are read one by one. */
  TextMetrics metrics();
}
