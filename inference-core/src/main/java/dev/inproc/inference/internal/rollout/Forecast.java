package dev.inproc.inference.internal.rollout;

/**
 * Says what a phase can detect, and when: by dynamic programming over the votes. Calls are taken to
 * be spread evenly over the keys, and incidents to be independent.
 *
 * @param ratio how many times as many incidents the canary has; infinite if every call is one
 * @param medianVotes of both lanes until the alarm; -1 without power
 * @param p99Votes until 99 % of such canaries have raised the alarm; -1 if fewer ever do
 * @param medianSeconds from the fault's beginning; infinite without power
 * @param p99Seconds likewise; infinite if fewer than 99 % ever raise it
 * @param power the share of such canaries that raise the alarm before the keys' votes run out
 */
public record Forecast(
    double ratio,
    long medianVotes,
    long p99Votes,
    double medianSeconds,
    double p99Seconds,
    double power) {
  private static final int MOST_VOTES = 20_000;

  /**
   * What calls a phase gets.
   *
   * @param callsPerSecond of all lanes
   * @param keys how many distinct keys make them; infinite for calls without keys
   * @param baseRate the incidents of a healthy lane, per call
   * @param healthySeconds how long the phase was healthy before the fault
   */
  public record Traffic(
      double callsPerSecond, double keys, double baseRate, double healthySeconds) {
    /** Checks the values. */
    public Traffic {
      if (!(callsPerSecond > 0 && keys > 0 && healthySeconds >= 0)) {
        throw new IllegalArgumentException("Calls per second and keys must be above 0");
      }
      if (!(baseRate >= 0 && baseRate <= 1)) {
        throw new IllegalArgumentException("baseRate must be from 0 to 1, got " + baseRate);
      }
    }
  }

  /** Returns whether at least half of such canaries raise the alarm. */
  public boolean hasPower() {
    return power >= 0.5;
  }

  /** Returns the forecast for incidents that vote singly: ERRORS and LABELS. */
  public static Forecast of(
      AnalysisSettings settings,
      TriggerKind kind,
      double canaryWidth,
      double controlWidth,
      Traffic traffic,
      double ratio) {
    if (kind != TriggerKind.ERRORS && kind != TriggerKind.LABELS) {
      throw new IllegalArgumentException("No forecast for " + kind);
    }
    if (!(ratio > 0)) {
      throw new IllegalArgumentException("ratio must be above 0, got " + ratio);
    }
    double width = Math.min(canaryWidth, controlWidth); // of the keys that are compared
    double alpha = settings.alphaOf(kind);
    if (!(alpha > 0 && width > 0)) {
      return none(ratio);
    }
    VoteTimes times =
        new VoteTimes(
            traffic.callsPerSecond(),
            traffic.keys(),
            width,
            width,
            Double.isInfinite(ratio) ? 1 : Math.min(1, traffic.baseRate() * ratio),
            traffic.baseRate());
    int restart = Restarts.at((long) (traffic.healthySeconds() * 1e9));
    double threshold = 1 / (alpha * Restarts.part(restart));
    Bets bets = new Bets(settings.margin(), Bets.PLAIN);
    int most = (int) Math.min(MOST_VOTES, times.most());
    double[] alarmBy =
        VoteForecast.alarmBy(
            bets, threshold, vote -> times.canaryShare(times.at(vote - 0.5)), most);
    double power = alarmBy[alarmBy.length - 1];
    return power < 0.5
        ? new Forecast(ratio, -1, -1, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, power)
        : new Forecast(
            ratio,
            VoteForecast.votes(alarmBy, 0.5),
            VoteForecast.votes(alarmBy, 0.99),
            times.seconds(alarmBy, 0.5),
            times.seconds(alarmBy, 0.99),
            power);
  }

  private static Forecast none(double ratio) {
    return new Forecast(ratio, -1, -1, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, 0);
  }
}
