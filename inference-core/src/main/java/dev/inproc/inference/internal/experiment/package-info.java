/**
 * The statistics of experiments: random arms, one score a key, intervals that hold whenever they
 * are read. Exported to Inproc's own modules alone; it may change in any release.
 */
@NullMarked
package dev.inproc.inference.internal.experiment;

import org.jspecify.annotations.NullMarked;
