package dev.inproc.inference.internal.rollout;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How long a canary that is worse stays undetected, at 1,000 calls per second. */
@Tag("endurance")
class DetectionTest {
  private static final boolean IS_LONG = Boolean.getBoolean("inproc.endurance");
  private static final int RUNS = IS_LONG ? 2_000 : 150;
  private static final double NOISE = IS_LONG ? 1 : 1.1; // of a median of few runs
  private static final double SLACK = 1.2; // of design/deployments.md
  private static final long HOUR = 3_600;
  private static final double MOST_SECONDS = IS_LONG ? 20_000 : 4_000;

  @ParameterizedTest
  @CsvSource({"0.01, 141", "0.05, 28"})
  void errorsTenfold_fromTheStart_areFoundInTime(double width, double median) {
    double[] seconds = errors(width, Double.POSITIVE_INFINITY, 0);
    print("errors 0.1 -> 1 %, width " + width, seconds);
    assertTrue(at(seconds, 0.5) <= SLACK * NOISE * median, "median " + at(seconds, 0.5));
  }

  @ParameterizedTest
  @CsvSource({"0.01, 154", "0.05, 31"})
  void allCallsSlower_fromTheStart_areFoundInTime(double width, double median) {
    AnalysisSettings settings = new AnalysisSettings(0.01, 0, EnumSet.allOf(TriggerKind.class), 1);
    SlowCanary canary = new SlowCanary(settings, 1_000, width, 1.2);
    for (boolean isSlowFromStart : new boolean[] {true, false}) {
      double[] seconds = runs(random -> canary.run(random, isSlowFromStart, MOST_SECONDS));
      print("latency x 1.2, width " + width + ", in the sample " + isSlowFromStart, seconds);
      assertTrue(at(seconds, 0.5) <= SLACK * NOISE * median, "median " + at(seconds, 0.5));
    }
  }

  /** Within three times the delay of a fresh phase, or the forecast says that there is no power. */
  @ParameterizedTest
  @CsvSource({
    "0.01, Infinity", "0.01, 1e6", "0.01, 1e4", "0.01, 1e3",
    "0.05, Infinity", "0.05, 1e6", "0.05, 1e4", "0.05, 1e3"
  })
  void fault_afterHealthyHours_isFoundInTimeOrForecastAsUndetectable(double width, double keys) {
    double fresh = at(errors(width, keys, 0), 0.5);
    for (long hours : IS_LONG ? new long[] {0, 1, 24} : new long[] {0, 1}) {
      double[] seconds = errors(width, keys, hours * HOUR);
      Forecast forecast = forecast(width, keys, hours * HOUR);
      print("width " + width + ", keys " + keys + ", hours " + hours + ", " + forecast, seconds);
      double median = at(seconds, 0.5);
      if (forecast.hasPower()) {
        assertTrue(median <= 3 * fresh, "median " + median + ", fresh " + fresh);
        double error = median / forecast.medianSeconds();
        assertTrue(error > 0.7 && error < 1.3, "forecast " + forecast + ", measured " + median);
      } else {
        assertTrue(median > 3 * forecast(width, 1e6, 0).medianSeconds(), "it has: " + median);
      }
    }
  }

  @Test
  void forecast_fewKeys_saysSo() {
    assertFalse(forecast(0.01, 500, 0).hasPower());
    assertTrue(forecast(0.05, 1_000, 0).hasPower());
  }

  private static double[] errors(double width, double keys, long healthySeconds) {
    FaultyCanary canary =
        new FaultyCanary(
            FaultyCanary.ERRORS_OF_ALL, 1_000, keys, width, 0.001, 0.01, healthySeconds);
    return runs(random -> canary.run(random, MOST_SECONDS).seconds());
  }

  private static Forecast forecast(double width, double keys, long healthySeconds) {
    return Forecast.of(
        FaultyCanary.ERRORS_OF_ALL,
        TriggerKind.ERRORS,
        width,
        width,
        new Forecast.Traffic(1_000, keys, 0.001, healthySeconds),
        10);
  }

  private static double[] runs(ToDoubleFunction<Random> run) {
    double[] seconds = new double[RUNS];
    Random random = new Random(20261126);
    for (int i = 0; i < RUNS; i++) {
      seconds[i] = run.applyAsDouble(random);
    }
    Arrays.sort(seconds);
    return seconds;
  }

  private static double at(double[] sorted, double share) {
    return sorted[(int) (sorted.length * share)];
  }

  private static void print(String what, double[] seconds) {
    long never = Arrays.stream(seconds).filter(Double::isInfinite).count();
    System.out.printf(
        "%s: median %.0f s, p99 %.0f s, never %d of %d%n",
        what, at(seconds, 0.5), at(seconds, 0.99), never, seconds.length);
  }
}
