package dev.inproc.inference.deploy;

/** How far a rollout is. */
public enum RolloutState {
  /** The canary takes its share, and the steps go on. */
  RUNNING,
  /** The canary takes its share, and the steps stand still. Triggers act all the same. */
  PAUSED,
  /** The canary takes all calls but those held back; the stable version is still in memory. */
  BAKING,
  /** The canary has become the version that serves. */
  PROMOTED,
  /** All calls went back to the stable version. */
  ROLLED_BACK,
  /**
   * The deployment was closed meanwhile. One that is kept in a repository goes on at its next
   * start.
   */
  CLOSED;

  /** Returns whether nothing follows. */
  public boolean isTerminal() {
    return this == PROMOTED || this == ROLLED_BACK || this == CLOSED;
  }
}
