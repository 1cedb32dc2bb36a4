/**
 * The comparison that {@code benchmarks/run} makes: children of the JVM measure ({@code Measure}),
 * the parent gathers their figures ({@code Suite}) and writes the report ({@code Report}).
 */
@NullMarked
package dev.inproc.benchmarks.suite;

import org.jspecify.annotations.NullMarked;
