package dev.inproc.inference.internal.rollout;

/** How a call ended. */
public enum Ending {
  /** With an answer. */
  ANSWERED,
  /** With a failure of the lane. */
  FAILED,
  /** Refused, as the queue was full. */
  OVERLOADED,
  /** At its deadline. */
  EXPIRED,
  /** By its caller. */
  CANCELLED,
  /** Refused, as its input does not match the signature. */
  INVALID
}
