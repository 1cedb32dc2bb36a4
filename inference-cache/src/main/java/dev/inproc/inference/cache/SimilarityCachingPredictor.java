package dev.inproc.inference.cache;

import dev.inproc.inference.Predictor;

/**
 * A predictor with a similarity cache. Any number of threads may share one. In a chain of {@code
 * with}, {@link Predictor#find} reaches the cache's {@link SimilarityControl}.
 *
 * @param <I> a request
 * @param <O> an answer
 */
public sealed interface SimilarityCachingPredictor<I, O> extends Predictor<I, O>, SimilarityControl
    permits SimilarityPredictor {}
