package dev.inproc.inference.cache;

import dev.inproc.inference.cache.bound.Trial;
import dev.inproc.inference.cache.index.Query;
import dev.inproc.inference.cache.risk.RiskFeatures;
import org.jspecify.annotations.Nullable;

/**
 * What {@link SimilarityLookup} found for one request. Immutable.
 *
 * @param query the request's vector; null if there is none, and the request is to be a plain miss
 * @param nearest the nearest entry, or null
 * @param similarity the cosine of both
 * @param features what is known of the risk to serve it, or null
 * @param trial the trial of a candidate; null for a miss
 */
record Lookup<I, O>(
    @Nullable Query query,
    @Nullable SimilarEntry<I, O> nearest,
    float similarity,
    @Nullable RiskFeatures features,
    @Nullable Trial trial) {

  /** Of a request without a vector. */
  static <I, O> Lookup<I, O> none() {
    return new Lookup<>(null, null, 0, null, null);
  }

  /** Of a request that nothing is near to. */
  static <I, O> Lookup<I, O> alone(Query query) {
    return new Lookup<>(query, null, 0, null, null);
  }

  /** Returns the entry whose answer is to be served, or null. */
  @Nullable SimilarEntry<I, O> hit() {
    return trial != null && !trial.isAudit() ? nearest : null;
  }

  boolean isAudit() {
    return trial != null && trial.isAudit();
  }
}
