/**
 * What a call is between its caller and the thread that runs it: the future, its outcome, its turn.
 * Exported to Inproc's own modules alone; it may change in any release.
 */
@NullMarked
package dev.inproc.inference.internal.calls;

import org.jspecify.annotations.NullMarked;
