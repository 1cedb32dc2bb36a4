/**
 * How far answers agree, and how sure that is. Exported to Inproc's own modules alone; it may
 * change in any release.
 */
@NullMarked
package dev.inproc.inference.internal.statistics;

import org.jspecify.annotations.NullMarked;
