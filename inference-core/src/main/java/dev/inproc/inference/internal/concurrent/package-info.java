/**
 * The threads, the clock and the futures that every layer needs and none should write twice. It
 * knows nothing of predictors and calls. Exported to Inproc's own modules alone; it may change in
 * any release.
 */
@NullMarked
package dev.inproc.inference.internal.concurrent;

import org.jspecify.annotations.NullMarked;
