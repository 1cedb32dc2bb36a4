package dev.inproc.inference.deploy;

/** What a rollout does once a trigger alarms. The alarm is an event in each case but the last. */
public enum TriggerAction {
  /** Sends all calls back to the stable version, for good. */
  ROLL_BACK,
  /** Stays at the present share until it is resumed, promoted or rolled back. */
  PAUSE,
  /** Tells the listeners, and goes on. */
  NOTIFY,
  /** Does not test; the other triggers get its part of alpha. */
  OFF
}
