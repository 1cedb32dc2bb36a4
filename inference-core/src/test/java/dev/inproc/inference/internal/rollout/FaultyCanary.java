package dev.inproc.inference.internal.rollout;

import dev.inproc.inference.internal.rollout.VoteRecord.Counts;
import java.util.Random;
import java.util.Set;

/**
 * A canary that begins to fail more calls after healthy hours, and how long the alarm takes. Only
 * failed calls are simulated, as Poisson arrivals; the other calls are told as counts.
 */
record FaultyCanary(
    AnalysisSettings settings,
    double callsPerSecond,
    double keys,
    double width,
    double baseRate,
    double faultRate,
    double healthySeconds) {
  static final double NEVER = Double.POSITIVE_INFINITY;

  /**
   * Errors have 0.003 of alpha, as if all kinds were tested; tests of the others would cost the
   * simulation time.
   */
  static final AnalysisSettings ERRORS_OF_ALL =
      new AnalysisSettings(
          0.007, 0, Set.of(TriggerKind.ERRORS, TriggerKind.LATENCY, TriggerKind.ANSWERS), 1);

  /** What came of a run: seconds from the fault to the alarm, and votes since the fault. */
  record Outcome(double seconds, long votes) {}

  /** Runs until the alarm or so many seconds after the fault. */
  Outcome run(Random random, double mostSeconds) {
    CanaryAnalysis analysis = new CanaryAnalysis(settings);
    analysis.beginPhase(0, width, width, 0);
    boolean isKeyed = !Double.isInfinite(keys);
    int canaryKeys = isKeyed ? keysOfLane(random) : 0;
    int controlKeys = isKeyed ? keysOfLane(random) : 0;
    double canaryCalls = callsPerSecond * (isKeyed ? canaryKeys / keys : width);
    double controlCalls = callsPerSecond * (isKeyed ? controlKeys / keys : width);
    double fault =
        healthySeconds == 0 ? 0 : healthySeconds + random.nextDouble() * Restarts.NANOS / 1e9;
    double now = 0;
    int restart = 0;
    long canaryErrors = 0;
    long controlErrors = 0;
    while (true) {
      double canaryRate = canaryCalls * (now < fault ? baseRate : faultRate);
      double controlRate = controlCalls * baseRate;
      if (canaryRate + controlRate == 0 && now >= fault) {
        return new Outcome(NEVER, -1);
      }
      double next = now - Math.log(1 - random.nextDouble()) / (canaryRate + controlRate);
      double boundary = (restart + 1) * (Restarts.NANOS / 1e9);
      double until = Math.min(next, now < fault ? Math.min(boundary, fault) : boundary);
      if (until > fault + mostSeconds) {
        return new Outcome(NEVER, -1);
      }
      now = until;
      if (until == boundary || until != next) { // the rate may change
        if (until == boundary) {
          restart++;
          analysis.replay(
              new Counts(
                  0,
                  restart * Restarts.NANOS,
                  (long) (canaryCalls * now) - canaryErrors,
                  0,
                  (long) (controlCalls * now) - controlErrors,
                  0));
        }
        continue;
      }
      boolean isCanary = random.nextDouble() * (canaryRate + controlRate) < canaryRate;
      long key = isKeyed ? key(random, isCanary, isCanary ? canaryKeys : controlKeys) : 0;
      if (isCanary) {
        canaryErrors++;
      } else {
        controlErrors++;
      }
      analysis.ended(isCanary, isKeyed, key, Ending.FAILED, (long) (now * 1e9), 1, 0, null);
      Alarm alarm = analysis.alarm();
      if (alarm != null) {
        return now < fault
            ? run(random, mostSeconds) // a false one, which happens in one of some hundred runs
            : new Outcome(now - fault, alarm.canaryVotes() + alarm.controlVotes());
      }
    }
  }

  /** Returns a key's place at its lane's end of the range. */
  private static long key(Random random, boolean isCanary, int keys) {
    long key = random.nextInt(keys);
    return isCanary ? key : -1 - key;
  }

  private int keysOfLane(Random random) {
    double mean = keys * width;
    return (int) Math.max(0, Math.round(mean + random.nextGaussian() * Math.sqrt(mean)));
  }
}
