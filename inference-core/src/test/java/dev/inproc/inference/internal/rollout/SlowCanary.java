package dev.inproc.inference.internal.rollout;

import java.util.Random;

/** A canary all of whose calls take longer by a factor; durations are exponential, without keys. */
record SlowCanary(AnalysisSettings settings, double callsPerSecond, double width, double factor) {
  private static final double MEAN_NANOS = 1e6;

  /**
   * Runs until the alarm or so many seconds.
   *
   * @param isSlowFromStart whether the first 1,000 calls are the slow canary's too
   * @return seconds from the first 1,000 calls to the alarm
   */
  double run(Random random, boolean isSlowFromStart, double mostSeconds) {
    CanaryAnalysis analysis = new CanaryAnalysis(settings);
    analysis.beginPhase(0, width, width, 0);
    double rate = 2 * width * callsPerSecond;
    double now = 0;
    double begun = 0;
    for (int call = 0; now < begun + mostSeconds; call++) {
      now += -Math.log(1 - random.nextDouble()) / rate;
      if (call == Sample.SIZE) {
        begun = now;
      }
      boolean isCanary = random.nextBoolean();
      boolean isSlow = isCanary && (isSlowFromStart || call >= Sample.SIZE);
      double took = -Math.log(1 - random.nextDouble()) * MEAN_NANOS * (isSlow ? factor : 1);
      analysis.ended(
          isCanary,
          false,
          random.nextLong(),
          Ending.ANSWERED,
          (long) (now * 1e9),
          (long) took,
          0,
          null);
      if (analysis.alarm() != null) {
        return now - begun;
      }
    }
    return FaultyCanary.NEVER;
  }
}
