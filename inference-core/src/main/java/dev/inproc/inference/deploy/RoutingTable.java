package dev.inproc.inference.deploy;

import dev.inproc.inference.CallOptions;

/**
 * Where calls go. Immutable, so that a call decides with one volatile read, and one write changes
 * everything at once. A table of several versions keeps their weights, keys and rules here.
 */
final class RoutingTable<I, O> {
  private final Lane<I, O> stable;

  RoutingTable(Lane<I, O> stable) {
    this.stable = stable;
  }

  /** Returns the lane of a call with these options. */
  Lane<I, O> lane(CallOptions options) {
    return stable;
  }

  /** Returns the lane of calls that no rule and no weight sends elsewhere. */
  Lane<I, O> stable() {
    return stable;
  }
}
