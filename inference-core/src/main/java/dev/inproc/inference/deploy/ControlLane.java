package dev.inproc.inference.deploy;

/**
 * What a canary is compared with. The big stable lane is no fair comparison: its caches are warm,
 * its batches are large and its code is compiled, so an identical canary would look worse.
 */
public enum ControlLane {
  /**
   * A second lane of the stable version, of the canary's share and age, with a cache and a batcher
   * of its own over the stable lane's session: see {@link LaneContext#session}.
   */
  SHARED_SESSION,
  /** The same with a session of its own, for models whose sessions keep state. */
  OWN_SESSION
}
