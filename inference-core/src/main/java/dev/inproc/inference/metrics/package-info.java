/** Figures: immutable snapshots of what layers count and time. */
@NullMarked
package dev.inproc.inference.metrics;

import org.jspecify.annotations.NullMarked;
