/** Meters, observations and context propagation for predictors, by Micrometer. */
@NullMarked
package dev.inproc.inference.micrometer;

import org.jspecify.annotations.NullMarked;
