/**
 * Caches: {@link dev.inproc.inference.cache.Caching} answers a request that came before without
 * running the model, and runs a request that many make at once only once.
 */
@NullMarked
package dev.inproc.inference.cache;

import org.jspecify.annotations.NullMarked;
