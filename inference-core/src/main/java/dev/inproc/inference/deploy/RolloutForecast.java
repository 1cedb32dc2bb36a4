package dev.inproc.inference.deploy;

import dev.inproc.inference.internal.rollout.AnalysisSettings;
import dev.inproc.inference.internal.rollout.Forecast;
import dev.inproc.inference.internal.rollout.TriggerKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Which faults {@link RolloutTrigger#ERRORS} finds under some traffic, and how soon. It is computed
 * from the plan, before the rollout begins. A fault is a canary that fails a given number of times
 * as often as the stable version. The forecast assumes that calls are spread evenly over the keys,
 * and that failures are independent. With real traffic it takes longer to find a fault. Immutable.
 *
 * @param steps one entry for each step of the plan
 */
public record RolloutForecast(List<Step> steps) {
  private static final double[] RATIOS = {2, 5, 10, Double.POSITIVE_INFINITY};
  private static final double MINUTE = 60;
  private static final double HOUR = 3_600;

  /** Copies the list. */
  public RolloutForecast {
    steps = List.copyOf(steps);
  }

  /**
   * What one step can detect.
   *
   * @param number from 1
   * @param canaryShare the canary's share of the keys
   * @param startsAfterSeconds when the step begins at the earliest; infinite if too few keys exist
   *     for the step before
   * @param freshFaults how soon faults are found that exist when the step begins
   * @param lateFaults how soon faults are found that begin an hour into the step
   */
  public record Step(
      int number,
      double canaryShare,
      double startsAfterSeconds,
      List<Detection> freshFaults,
      List<Detection> lateFaults) {
    /** Copies the lists. */
    public Step {
      freshFaults = List.copyOf(freshFaults);
      lateFaults = List.copyOf(lateFaults);
    }
  }

  /**
   * Whether and when a canary is found that fails more often.
   *
   * @param ratio how many times as often; infinite for a canary that fails every call
   * @param hasPower whether at least half of such canaries are found by one vote of each key
   * @param medianSeconds the time in which half of them are found; infinite without power
   * @param p99Seconds the time in which 99 % of them are found; infinite if fewer ever are
   * @param medianVotes how many failures of both lanes that takes; -1 without power
   */
  public record Detection(
      double ratio, boolean hasPower, double medianSeconds, double p99Seconds, long medianVotes) {
    @Override
    public String toString() {
      String what =
          Double.isInfinite(ratio)
              ? "every call fails"
              : String.format(Locale.ROOT, "%.3g times the errors", ratio);
      return what
          + (hasPower
              ? ": found after " + time(medianSeconds) + " (99 %: " + time(p99Seconds) + ")"
              : ": no power");
    }
  }

  /**
   * Returns which faults a plan finds under some traffic, and how soon. A step of a small service
   * may find no fault: it needs a larger share or a longer time then.
   */
  public static RolloutForecast of(RolloutPlan<?, ?> plan, RolloutTraffic traffic) {
    AnalysisSettings settings = Analyses.settings(plan);
    List<Step> steps = new ArrayList<>();
    double start = 0;
    for (int i = 0; i < plan.steps().size(); i++) {
      RolloutStep step = plan.steps().get(i);
      steps.add(
          new Step(
              i + 1,
              plan.canaryShare(i),
              start,
              detections(plan, settings, i, traffic, 0),
              detections(plan, settings, i, traffic, HOUR)));
      double enoughKeys = traffic.secondsUntil(step.atLeastKeys() / step.share());
      start = Math.max(start + step.atLeast().toMillis() / 1e3, enoughKeys);
    }
    return new RolloutForecast(steps);
  }

  private static List<Detection> detections(
      RolloutPlan<?, ?> plan,
      @Nullable AnalysisSettings settings,
      int step,
      RolloutTraffic traffic,
      double healthySeconds) {
    List<Detection> all = new ArrayList<>();
    for (double ratio : RATIOS) {
      if (settings == null || plan.controlShare(step) == 0) {
        all.add(
            new Detection(ratio, false, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, -1));
        continue;
      }
      Forecast found =
          Forecast.of(
              settings,
              TriggerKind.ERRORS,
              plan.canaryShare(step),
              plan.controlShare(step),
              new Forecast.Traffic(
                  traffic.callsPerSecond(), traffic.keys(), traffic.errorRate(), healthySeconds),
              ratio);
      all.add(
          new Detection(
              ratio,
              found.hasPower(),
              found.medianSeconds(),
              found.p99Seconds(),
              found.medianVotes()));
    }
    return all;
  }

  private static String time(double seconds) {
    if (Double.isInfinite(seconds)) {
      return "never";
    }
    return seconds < 2 * MINUTE
        ? String.format(Locale.ROOT, "%.1f s", seconds)
        : seconds < 2 * HOUR
            ? String.format(Locale.ROOT, "%.0f min", seconds / MINUTE)
            : String.format(Locale.ROOT, "%.1f h", seconds / HOUR);
  }

  /** Returns some lines for each step. */
  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    for (Step step : steps) {
      out.append(
          String.format(
              Locale.ROOT,
              "step %d, %.3g %% of the keys, begins after %s%n",
              step.number,
              100 * step.canaryShare,
              time(step.startsAfterSeconds)));
      step.freshFaults.forEach(each -> out.append("  ").append(each).append('\n'));
    }
    return out.toString();
  }
}
