/**
 * Figures for any predictor: {@link dev.inproc.inference.monitoring.Metering} and what it tells.
 */
@NullMarked
package dev.inproc.inference.monitoring;

import org.jspecify.annotations.NullMarked;
