package dev.inproc.inference.deploy;

/**
 * The traffic that a forecast is made for. Immutable.
 *
 * @param callsPerSecond the calls of all versions
 * @param keys how many distinct affinity keys make them, evenly; infinite for calls without keys
 * @param errorRate the share of the stable version's calls that fail, from 0 to 1
 */
public record RolloutTraffic(double callsPerSecond, double keys, double errorRate) {
  /** Checks the ranges. */
  public RolloutTraffic {
    if (!(callsPerSecond > 0 && callsPerSecond < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "Expected calls per second above 0, got " + callsPerSecond);
    }
    if (!(keys >= 1)) {
      throw new IllegalArgumentException(
          "Expected 1 key or more, or infinity for calls without keys, got " + keys);
    }
    if (!(errorRate >= 0 && errorRate <= 1)) {
      throw new IllegalArgumentException("Expected an error rate from 0 to 1, got " + errorRate);
    }
  }

  /** Returns the traffic of calls without keys. */
  public static RolloutTraffic withoutKeys(double callsPerSecond, double errorRate) {
    return new RolloutTraffic(callsPerSecond, Double.POSITIVE_INFINITY, errorRate);
  }

  /** Returns when so many distinct keys have come, in seconds; infinite if there are fewer. */
  double secondsUntil(double wanted) {
    if (wanted <= 0) {
      return 0;
    }
    if (Double.isInfinite(keys)) {
      return wanted / callsPerSecond;
    }
    return wanted >= keys
        ? Double.POSITIVE_INFINITY
        : -Math.log1p(-wanted / keys) * keys / callsPerSecond;
  }
}
