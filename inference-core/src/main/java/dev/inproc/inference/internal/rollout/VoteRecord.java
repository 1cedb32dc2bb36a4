package dev.inproc.inference.internal.rollout;

/** What the state of an analysis is made of, in order. */
public sealed interface VoteRecord {
  /** Returns the phase that it belongs to. */
  int phase();

  /** Returns when, in nanoseconds since the phase began. */
  long sincePhaseNanos();

  /**
   * A vote.
   *
   * @param test which test of the kind, from 0
   * @param mark how grave the incident is, from 0; 0 for kinds without
   * @param isKeyed false if the key is of this call alone
   */
  record Vote(
      int phase,
      long sincePhaseNanos,
      TriggerKind kind,
      int test,
      int mark,
      boolean isCanary,
      boolean isKeyed,
      long keyHash)
      implements VoteRecord {}

  /** Thresholds of slow calls, or edges of scores, as they are from now on. */
  record Thresholds(int phase, long sincePhaseNanos, TriggerKind kind, double[] values)
      implements VoteRecord {}

  /** Calls and failed ones since the phase began. */
  record Counts(
      int phase,
      long sincePhaseNanos,
      long canaryCalls,
      long canaryErrors,
      long controlCalls,
      long controlErrors)
      implements VoteRecord {}
}
