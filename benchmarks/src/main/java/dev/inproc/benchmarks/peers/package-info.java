/**
 * Other ways to serve a model, for comparison; each is written or set up as its own users would do
 * it at their best.
 */
@NullMarked
package dev.inproc.benchmarks.peers;

import org.jspecify.annotations.NullMarked;
