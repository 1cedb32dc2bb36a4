package dev.inproc.inference.deploy;

import dev.inproc.inference.CallOptions;
import org.jspecify.annotations.Nullable;

/**
 * Where calls go: to the stable lane, unless a split sends them elsewhere. Immutable, so that a
 * call decides with one volatile read, and one write changes everything at once.
 */
final class RoutingTable<I, O> {
  private final Lane<I, O> stable;
  private final @Nullable TrafficSplit<I, O> split;

  RoutingTable(Lane<I, O> stable) {
    this(stable, null);
  }

  RoutingTable(Lane<I, O> stable, @Nullable TrafficSplit<I, O> split) {
    this.stable = stable;
    this.split = split;
  }

  /** Returns the lane of a call. */
  Lane<I, O> lane(I input, CallOptions options) {
    return split == null ? stable : split.lane(input, options);
  }

  /** Returns whether calls still go to a lane. */
  boolean has(Lane<I, O> lane) {
    return lane == stable || (split != null && split.has(lane));
  }

  /** Returns the lane of the version that the deployment names as its own. */
  Lane<I, O> stable() {
    return stable;
  }
}
