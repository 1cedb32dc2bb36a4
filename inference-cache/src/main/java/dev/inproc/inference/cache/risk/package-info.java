/**
 * The rule that decides which requests a similarity cache may answer: a risk learned from labels
 * that are free, and the risk up to which the cache serves. The rule decides how many hits there
 * are; it plays no part in the guarantee.
 */
@NullMarked
package dev.inproc.inference.cache.risk;

import org.jspecify.annotations.NullMarked;
