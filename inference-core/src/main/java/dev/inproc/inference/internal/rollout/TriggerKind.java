package dev.inproc.inference.internal.rollout;

/** What a canary can have more than its share of. */
public enum TriggerKind {
  /** Failed calls. */
  ERRORS(3),
  /** Slow calls. */
  LATENCY(3),
  /** Predictions of another distribution, and predictions that are no number. */
  PREDICTIONS(2),
  /** Calls that are not answered: they fail, are refused, expire, or never end. */
  ANSWERS(1),
  /** Incidents that the application reports later. */
  LABELS(1);

  /** The part of the chance of a false alarm, relative to the other kinds in use. */
  final int weight;

  TriggerKind(int weight) {
    this.weight = weight;
  }
}
