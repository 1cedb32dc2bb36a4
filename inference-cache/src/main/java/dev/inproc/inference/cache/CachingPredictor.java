package dev.inproc.inference.cache;

import dev.inproc.inference.Predictor;

/**
 * A predictor with a cache. Any number of threads may share one. In a chain of {@code with}, {@link
 * Predictor#find} reaches the cache's {@link CacheControl}.
 *
 * @param <I> a request
 * @param <O> an answer
 */
public sealed interface CachingPredictor<I, O> extends Predictor<I, O>, CacheControl
    permits ExactCache {}
