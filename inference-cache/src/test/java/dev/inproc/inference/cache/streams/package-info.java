/** Streams of requests for tests and simulations of the similarity cache. */
@NullMarked
package dev.inproc.inference.cache.streams;

import org.jspecify.annotations.NullMarked;
