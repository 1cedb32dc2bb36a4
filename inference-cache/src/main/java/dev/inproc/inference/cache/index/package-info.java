/**
 * The nearest-neighbour index of the similarity cache: {@link
 * dev.inproc.inference.cache.index.NearestIndex}. The module does not export this package.
 */
@NullMarked
package dev.inproc.inference.cache.index;

import org.jspecify.annotations.NullMarked;
