package dev.inproc.inference.internal.rollout;

/**
 * When votes of two lanes come: calls are spread evenly over keys, and a key votes with its first
 * incident.
 */
final class VoteTimes {
  private static final double LONGEST = 1e9; // seconds

  private final double canaryKeys;
  private final double controlKeys;
  private final double canaryRate; // of a key; of the lane without keys
  private final double controlRate;
  private final boolean hasKeys;

  /**
   * Takes the lanes.
   *
   * @param keys of all lanes, infinite without keys
   * @param canaryIncidents per call
   */
  VoteTimes(
      double callsPerSecond,
      double keys,
      double canaryWidth,
      double controlWidth,
      double canaryIncidents,
      double controlIncidents) {
    hasKeys = !Double.isInfinite(keys);
    canaryKeys = keys * canaryWidth;
    controlKeys = keys * controlWidth;
    canaryRate = canaryIncidents * callsPerSecond * (hasKeys ? 1 / keys : canaryWidth);
    controlRate = controlIncidents * callsPerSecond * (hasKeys ? 1 / keys : controlWidth);
  }

  /** Returns how many votes there are at most. */
  double most() {
    return hasKeys
        ? (canaryRate > 0 ? canaryKeys : 0) + (controlRate > 0 ? controlKeys : 0)
        : canaryRate + controlRate > 0 ? Double.POSITIVE_INFINITY : 0;
  }

  /** Returns how many votes are expected by a time. */
  double expected(double seconds) {
    return hasKeys
        ? -canaryKeys * Math.expm1(-canaryRate * seconds)
            - controlKeys * Math.expm1(-controlRate * seconds)
        : (canaryRate + controlRate) * seconds;
  }

  private double variance(double seconds) {
    if (!hasKeys) {
      return expected(seconds);
    }
    double canary = Math.exp(-canaryRate * seconds);
    double control = Math.exp(-controlRate * seconds);
    return canaryKeys * canary * (1 - canary) + controlKeys * control * (1 - control);
  }

  /** Returns when so many votes are expected; a very long time if they never are. */
  double at(double votes) {
    double low = 0;
    double high = LONGEST;
    for (int i = 0; i < 100; i++) {
      double middle = (low + high) / 2;
      if (expected(middle) < votes) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high;
  }

  /** Returns the probability that a vote at a time is the canary's. */
  double canaryShare(double seconds) {
    double canary =
        hasKeys ? canaryKeys * canaryRate * Math.exp(-canaryRate * seconds) : canaryRate;
    double control =
        hasKeys ? controlKeys * controlRate * Math.exp(-controlRate * seconds) : controlRate;
    return canary + control == 0 ? 0.5 : canary / (canary + control);
  }

  /** Returns when a share has raised the alarm, given its chance by votes; infinite if none has. */
  double seconds(double[] alarmBy, double share) {
    if (alarmBy[alarmBy.length - 1] < share) {
      return Double.POSITIVE_INFINITY;
    }
    double low = 0;
    double high = LONGEST;
    for (int i = 0; i < 60; i++) {
      double middle = (low + high) / 2;
      if (raisedBy(alarmBy, middle) < share) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high >= LONGEST * 0.99 ? Double.POSITIVE_INFINITY : high;
  }

  private double raisedBy(double[] alarmBy, double seconds) {
    double expected = expected(seconds);
    double deviation = Math.sqrt(variance(seconds)) + 1e-9;
    double sum = 0;
    for (int votes = 1; votes < alarmBy.length; votes++) {
      double now = alarmBy[votes] - alarmBy[votes - 1];
      if (now > 0) {
        sum += now * normal((expected - votes + 0.5) / deviation);
      }
    }
    return sum;
  }

  /** The normal distribution function, within 1e-4 (Abramowitz and Stegun 26.2.17). */
  private static double normal(double z) {
    double t = 1 / (1 + 0.2316419 * Math.abs(z));
    double polynomial =
        t
            * (0.319381530
                + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
    double tail = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI) * polynomial;
    return z > 0 ? 1 - tail : tail;
  }
}
