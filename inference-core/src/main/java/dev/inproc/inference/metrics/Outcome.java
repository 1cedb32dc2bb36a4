package dev.inproc.inference.metrics;

import java.util.Locale;

/** What became of a call. Each call ends with exactly one. */
public enum Outcome {
  /** It was answered. */
  ANSWERED,
  /** Its input was refused. */
  INVALID,
  /** The model, or a layer, failed. */
  FAILED,
  /** Its deadline passed, or could not have been met. */
  EXPIRED,
  /** Its caller took it back, or was interrupted. */
  CANCELLED,
  /** It was refused, since too many calls waited. */
  OVERLOADED,
  /** It was refused, since the predictor was closed. */
  CLOSED;

  /** Returns the outcome as figures tell it, in lower case. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
