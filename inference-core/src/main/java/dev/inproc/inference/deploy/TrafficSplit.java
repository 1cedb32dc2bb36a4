package dev.inproc.inference.deploy;

import dev.inproc.inference.CallOptions;

/**
 * How calls are divided among the stable lane and others. Immutable, and safe to use on any thread.
 * It must not throw, whatever rules of the application do.
 */
interface TrafficSplit<I, O> {
  /** Returns the lane of a call. A list goes by its first input. */
  Lane<I, O> lane(I input, CallOptions options);

  /** Returns whether calls still go to a lane. */
  boolean has(Lane<I, O> lane);
}
