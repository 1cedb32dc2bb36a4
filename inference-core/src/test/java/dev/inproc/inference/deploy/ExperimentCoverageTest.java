package dev.inproc.inference.deploy;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.deploy.ExperimentMetric.Kind;
import dev.inproc.inference.deploy.ExperimentResults.ArmComparison;
import dev.inproc.inference.deploy.ExperimentResults.Estimate;
import dev.inproc.inference.deploy.ExperimentResults.MetricResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * How often an interval that was shown ever missed the truth, read again and again as keys come.
 * The long form goes to a million keys.
 */
@Tag("endurance")
class ExperimentCoverageTest {
  private static final boolean IS_LONG = Boolean.getBoolean("inproc.endurance");
  private static final int RUNS = Integer.getInteger("inproc.coverage.runs", IS_LONG ? 1_000 : 60);
  private static final int KEYS = IS_LONG ? 1_000_000 : 8_000;
  private static final double STEP = IS_LONG ? 1.01 : 1.1; // between readings

  /** Makes the scores of keys of an arm. */
  private interface Scores {
    /** Writes a numerator and a denominator. */
    void next(boolean isTreated, SplittableRandom random, double[] score);
  }

  /** How scores come, and what the truth is. */
  private record Setting(
      String name, Kind kind, double difference, double ratio, double opposite, Scores scores) {}

  private static Setting rates(Kind kind, double control, double treated) {
    return new Setting(
        kind + " " + control + " " + treated,
        kind,
        treated - control,
        treated / control,
        (1 - treated) / (1 - control),
        (isTreated, random, score) -> {
          score[0] = random.nextDouble() < (isTreated ? treated : control) ? 1 : 0;
          score[1] = 1;
        });
  }

  private static Setting logNormal(double sigma) {
    return new Setting(
        "TOTAL log-normal " + sigma,
        Kind.TOTAL,
        0,
        1,
        1,
        (isTreated, random, score) -> {
          score[0] = Math.exp(sigma * random.nextGaussian());
          score[1] = 1;
        });
  }

  /** Clicks of views: keys differ in both, and the treated have more views at the same rate. */
  private static Setting clicksPerView() {
    return new Setting(
        "RATIO clicks per view",
        Kind.RATIO,
        0,
        1,
        1,
        (isTreated, random, score) -> {
          double size = Math.exp(random.nextGaussian()) * (isTreated ? 6 : 3);
          int views = 1 + (int) Math.min(size, 60);
          double rate = 0.3 * random.nextDouble();
          int clicks = 0;
          for (int i = 0; i < views; i++) {
            clicks += random.nextDouble() < rate ? 1 : 0;
          }
          score[0] = clicks;
          score[1] = views;
        });
  }

  private static List<Setting> settings() {
    List<Setting> all = new ArrayList<>();
    for (double rate : new double[] {0.001, 0.01, 0.1, 0.5}) {
      all.add(rates(Kind.SHARE, rate, rate));
      all.add(rates(Kind.TOTAL, rate, rate));
    }
    all.add(rates(Kind.SHARE, 0.001, 0.002));
    all.add(rates(Kind.SHARE, 0.99, 0.995));
    all.add(rates(Kind.TOTAL, 0.001, 0.002));
    all.add(logNormal(1));
    all.add(logNormal(1.5));
    all.add(logNormal(2));
    all.add(clicksPerView());
    return all;
  }

  /** What a run came to: whether anything was shown, and whether it ever missed. */
  private record Outcome(boolean isShown, boolean isMissed) {}

  private static boolean misses(Estimate estimate, double truth) {
    return truth < estimate.low() || truth > estimate.high();
  }

  private static Outcome run(Setting setting, double weight, double alpha, long seed) {
    List<ExperimentArm> arms =
        List.of(
            new ExperimentArm("control", Lanes.version(1), 1 - weight),
            new ExperimentArm("treated", Lanes.version(2), weight));
    ExperimentMetric metric = new ExperimentMetric("m", setting.kind, Duration.ofHours(1));
    MetricStatistics statistics = new MetricStatistics(metric, arms, alpha, 10_000, null);
    SplittableRandom random = new SplittableRandom(seed);
    double[] score = new double[2];
    boolean isShown = false;
    int next = 50;
    for (int key = 1; key <= KEYS; key++) {
      int arm = random.nextDouble() < weight ? 1 : 0;
      setting.scores.next(arm == 1, random, score);
      statistics.add(arm, true, score[0], score[1]);
      if (key >= next) {
        next = Math.max(key + 1, (int) (key * STEP));
        MetricResult result = statistics.result(null);
        ArmComparison found = result.comparisons().get(0);
        isShown |= found.difference().isPresent();
        boolean isMissed =
            found.difference().filter(d -> misses(d, setting.difference)).isPresent()
                || found.ratio().filter(r -> misses(r, setting.ratio)).isPresent()
                || found.oppositeRatio().filter(r -> misses(r, setting.opposite)).isPresent();
        if (isMissed) {
          return new Outcome(isShown, true);
        }
      }
    }
    return new Outcome(isShown, false);
  }

  private static void check(double weight, double alpha) {
    double bar = alpha * RUNS + 3 * Math.sqrt(alpha * (1 - alpha) * RUNS);
    List<String> above = new ArrayList<>();
    for (Setting setting : settings()) {
      int missed = 0;
      int shown = 0;
      for (int run = 0; run < RUNS; run++) {
        Outcome outcome = run(setting, weight, alpha, 1_000L * run + setting.name.hashCode());
        missed += outcome.isMissed ? 1 : 0;
        shown += outcome.isShown ? 1 : 0;
      }
      String row =
          String.format(
              "%-26s weight %.2f alpha %.3f: missed %.4f, shown %.2f",
              setting.name, weight, alpha, (double) missed / RUNS, (double) shown / RUNS);
      System.out.println(row);
      if (missed > bar) {
        above.add(row);
      }
    }
    assertTrue(above.isEmpty(), above::toString);
  }

  @Test
  void truth_isEverMissed_withTheStatedChanceAtMost() {
    check(0.5, 0.05);
  }

  @Test
  void truth_withUnequalArms_isEverMissed_withTheStatedChanceAtMost() {
    check(0.1, 0.05);
  }

  @Test
  void truth_ofManyComparisons_isEverMissed_withTheStatedChanceAtMost() {
    if (IS_LONG) {
      check(0.1, 0.005);
      check(0.5, 0.005);
    }
  }
}
