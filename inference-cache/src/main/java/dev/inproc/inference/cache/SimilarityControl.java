package dev.inproc.inference.cache;

/**
 * A similarity cache's figures and the means to drop entries, wherever it stands in a chain. Any
 * number of threads may share one. {@link #metrics} tells of the look-ups of equal requests.
 *
 * <pre>{@code
 * cached.find(SimilarityControl.class).orElseThrow().similarityMetrics().bound();
 * }</pre>
 */
public interface SimilarityControl extends CacheControl {
  /** Returns the figures so far. */
  SimilarityMetrics similarityMetrics();
}
