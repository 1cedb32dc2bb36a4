package dev.inproc.inference.internal.rollout;

/**
 * Says what a phase can detect, and when.
 *
 * @param ratio how many times as many incidents the canary has; infinite if every call is one
 * @param medianVotes of both lanes until the alarm; -1 without power
 * @param p99Votes until 99 % of such canaries have raised the alarm; -1 without power
 * @param medianSeconds from the fault's beginning; infinite without power
 * @param p99Seconds likewise
 * @param hasPower whether at least half of such canaries raise the alarm before the keys run out
 */
public record Forecast(
    double ratio,
    long medianVotes,
    long p99Votes,
    double medianSeconds,
    double p99Seconds,
    boolean hasPower) {

  /**
   * What calls a phase gets.
   *
   * @param callsPerSecond of all lanes
   * @param keys how many distinct keys make them, evenly; infinite for calls without keys
   * @param baseRate the incidents of a healthy lane, per call
   * @param healthySeconds how long the phase was healthy before the fault
   */
  public record Traffic(
      double callsPerSecond, double keys, double baseRate, double healthySeconds) {}

  /** Computes a forecast of one kind by dynamic programming over the votes. */
  public static Forecast of(
      AnalysisSettings settings,
      TriggerKind kind,
      double canaryWidth,
      double controlWidth,
      Traffic traffic,
      double ratio) {
    throw new UnsupportedOperationException();
  }
}
