/**
 * Dynamic batching: calls that come one by one run together. Inside: requests enter through a
 * lock-free queue, a policy chooses what runs next, and engine slots bound how many runs there are
 * at once.
 */
@NullMarked
package dev.inproc.inference.batch;

import org.jspecify.annotations.NullMarked;
