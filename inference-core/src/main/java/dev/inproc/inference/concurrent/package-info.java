/**
 * The concurrency that every layer needs and none should write twice: a call's future, forwarding
 * futures, waiting, the shared workers and the timer. Exported to Inproc's own modules alone; it
 * may change in any release.
 */
@NullMarked
package dev.inproc.inference.concurrent;

import org.jspecify.annotations.NullMarked;
