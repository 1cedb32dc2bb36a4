/**
 * The accounting that bounds the wrong hits of a similarity cache. Not API. The proof is in {@code
 * docs/similarity-proof.md}.
 */
@NullMarked
package dev.inproc.inference.cache.bound;

import org.jspecify.annotations.NullMarked;
