/**
 * What judges a canary: the share test, its restarts, what casts a vote, when a step ends, and what
 * can be detected. It reads no clock and knows no predictor. Exported to Inproc's own modules
 * alone; it may change in any release.
 */
@NullMarked
package dev.inproc.inference.internal.rollout;

import org.jspecify.annotations.NullMarked;
