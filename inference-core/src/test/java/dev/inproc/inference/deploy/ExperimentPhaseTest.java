package dev.inproc.inference.deploy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.deploy.ExperimentResults.ArmComparison;
import dev.inproc.inference.deploy.ExperimentResults.ArmScore;
import dev.inproc.inference.deploy.ExperimentResults.Decision;
import dev.inproc.inference.deploy.ExperimentResults.Ignored;
import dev.inproc.inference.deploy.ExperimentResults.MetricResult;
import dev.inproc.inference.testing.ManualTimer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.ToDoubleBiFunction;
import org.junit.jupiter.api.Test;

/** Which keys count, and what becomes of what is recorded. */
class ExperimentPhaseTest {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final long SALT = 77;

  private final ManualTimer timer = new ManualTimer();
  private final List<String> mismatches = new ArrayList<>();

  private static ExperimentPlan.Builder plan(double... weights) {
    ExperimentPlan.Builder plan = ExperimentPlan.builder();
    for (int i = 0; i < weights.length; i++) {
      plan.arm("arm" + i, Lanes.version(i + 1), weights[i]);
    }
    return plan;
  }

  private ExperimentPhase phase(ExperimentPlan.Builder plan) {
    ExperimentPlan built = plan.build();
    return new ExperimentPhase(1, SALT, built, built.arms(), timer, mismatches::add);
  }

  private static MetricResult only(ExperimentPhase phase) {
    return phase.results().metrics().get(0);
  }

  private static void record(ExperimentPhase phase, String key, double value) {
    phase.record(key, "m", value, 1, false);
  }

  private void pass(Duration time) {
    timer.advance(time.toNanos());
  }

  private static double value(ExperimentPhase phase, String key) {
    return only(phase).arms().get(phase.arm(key)).value();
  }

  @Test
  void total_addsWhatTheWindowHas_andUsesItOnceTheWindowEnds() {
    ExperimentPhase phase = phase(plan(1, 1).metric(ExperimentMetric.total("m", HOUR)));
    int arm = phase.call("k");
    record(phase, "k", 3);
    pass(HOUR.minusNanos(1));
    record(phase, "k", 4);
    assertEquals(arm, phase.call("k"));
    assertEquals(0, only(phase).arms().get(arm).keys(), "the window lasts");
    pass(Duration.ofNanos(1));
    record(phase, "k", 5);
    assertEquals(new ArmScore("arm" + arm, 1, 7), only(phase).arms().get(arm));
    assertEquals(new Ignored(0, 1, 0, 0), phase.results().ignored());
    phase.call("k");
    pass(HOUR.multipliedBy(2));
    assertEquals(new ArmScore("arm" + arm, 1, 7), only(phase).arms().get(arm), "one score a key");
  }

  @Test
  void total_ofASilentKey_isZero_andOfAReportedMetricIsNone() {
    ExperimentPhase phase =
        phase(
            plan(1, 1)
                .metric(ExperimentMetric.total("m", HOUR))
                .metric(ExperimentMetric.reported("r", HOUR)));
    int arm = phase.call("k");
    pass(HOUR);
    assertEquals(new ArmScore("arm" + arm, 1, 0), only(phase).arms().get(arm));
    assertEquals(0, phase.results().metric("r").orElseThrow().arms().get(arm).keys());
    assertEquals(Optional.empty(), phase.results().metric("x"));
  }

  @Test
  void reported_takesTheFirstValue() {
    ExperimentPhase phase = phase(plan(1, 1).metric(ExperimentMetric.reported("m", HOUR)));
    phase.call("k");
    record(phase, "k", 3);
    record(phase, "k", 30);
    pass(HOUR);
    assertEquals(3, value(phase, "k"));
    assertEquals(new Ignored(0, 0, 1, 0), phase.results().ignored());
  }

  @Test
  void share_countsAKeyOnce() {
    ExperimentPhase phase = phase(plan(1, 1).metric(ExperimentMetric.share("m", HOUR)));
    phase.call("k");
    record(phase, "k", 1);
    record(phase, "k", 0);
    record(phase, "k", 1);
    pass(HOUR);
    assertEquals(1, value(phase, "k"));
    assertThrows(IllegalArgumentException.class, () -> record(phase, "k", 2));
    assertThrows(IllegalArgumentException.class, () -> record(phase, "k", Double.NaN));
  }

  @Test
  void ratio_isThatOfTheSums() {
    ExperimentPhase phase = phase(plan(1, 1).metric(ExperimentMetric.ratio("m", HOUR)));
    List<String> keys = new ArrayList<>();
    for (int i = 0; keys.size() < 2; i++) {
      if (phase.arm("k" + i) == 1) {
        keys.add("k" + i);
        phase.call("k" + i);
      }
    }
    phase.record(keys.get(0), "m", 1, 10, true);
    phase.record(keys.get(0), "m", 2, 20, true);
    phase.record(keys.get(1), "m", 9, 10, true);
    pass(HOUR);
    assertEquals(12.0 / 40, value(phase, keys.get(0)));
    assertThrows(IllegalArgumentException.class, () -> record(phase, "k", 2));
    assertThrows(IllegalArgumentException.class, () -> phase.record("k", "m", 1, -1, true));
  }

  @Test
  void record_ofAKeyWithoutACall_isIgnored() {
    ExperimentPhase phase = phase(plan(1, 1).metric(ExperimentMetric.total("m", HOUR)));
    record(phase, "k", 1);
    phase.call("k");
    pass(HOUR);
    assertEquals(0, value(phase, "k"));
    assertEquals(new Ignored(1, 0, 0, 0), phase.results().ignored());
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> phase.record("k", "x", 1, 1, false));
    assertEquals("Expected a metric of the plan, one of [m], got \"x\"", e.getMessage());
  }

  @Test
  void end_freezesTheResults() {
    ExperimentPhase phase = phase(plan(1, 1).metric(ExperimentMetric.total("m", HOUR)));
    int arm = phase.call("a");
    record(phase, "a", 2);
    pass(HOUR);
    int other = phase.call("b");
    record(phase, "b", 7);
    phase.end("over");
    pass(HOUR);
    record(phase, "b", 7);
    assertEquals(phase.arm("c"), phase.call("c"));
    for (int read = 0; read < 2; read++) {
      ExperimentResults results = phase.results();
      assertEquals(Optional.of("over"), results.ended());
      assertEquals(HOUR, results.age());
      assertEquals(new ArmScore("arm" + arm, 1, 2), only(phase).arms().get(arm));
      assertEquals(new Ignored(0, 0, 0, 1), results.ignored());
      long keys = results.arms().stream().mapToLong(each -> each.keys()).sum();
      assertEquals(2, keys, "arms " + arm + ", " + other);
    }
  }

  @Test
  void capacity_endsTheCount_notTheArms() {
    ExperimentPhase phase = phase(plan(1, 1).metric(ExperimentMetric.total("m", HOUR)).maxKeys(10));
    for (int i = 0; i < 30; i++) {
      assertEquals(phase.arm("k" + i), phase.call("k" + i));
      record(phase, "k" + i, 1);
    }
    phase.call("k3");
    pass(HOUR);
    ExperimentResults results = phase.results();
    assertEquals(20, results.callsBeyondCapacity());
    assertEquals(20, results.ignored().unexposed());
    assertEquals(10, results.arms().stream().mapToLong(each -> each.keys()).sum());
    assertEquals(10, only(phase).arms().stream().mapToLong(ArmScore::keys).sum());
  }

  @Test
  void memory_afterTheWindows_isThatOfTheKeys() {
    int keys = 200_000;
    ExperimentPhase phase =
        phase(
            plan(1, 1)
                .metric(ExperimentMetric.total("m", HOUR))
                .metric(ExperimentMetric.ratio("r", Duration.ofHours(2))));
    for (int i = 0; i < keys; i++) {
      phase.call("k" + i);
    }
    long pending = phase.bytes();
    assertTrue(pending < keys * (50L + 40), "bytes " + pending);
    pass(Duration.ofHours(2));
    long after = phase.results().bytes();
    assertTrue(after < pending - keys * 25L && after < keys * 50L, "bytes " + after);
  }

  @Test
  void weights_areTheSharesOfKeys_andSaltsAreIndependent() {
    ExperimentPlan plan = plan(1, 2, 5).metric(ExperimentMetric.total("m", HOUR)).build();
    ExperimentPhase one = new ExperimentPhase(1, 1, plan, plan.arms(), timer, mismatches::add);
    ExperimentPhase two = new ExperimentPhase(2, 2, plan, plan.arms(), timer, mismatches::add);
    int keys = 80_000;
    int[][] both = new int[3][3];
    for (int i = 0; i < keys; i++) {
      both[one.arm("user-" + i)][two.arm("user-" + i)]++;
    }
    double[] shares = {0.125, 0.25, 0.625};
    for (int a = 0; a < 3; a++) {
      for (int b = 0; b < 3; b++) {
        double expected = keys * shares[a] * shares[b];
        assertEquals(expected, both[a][b], 5 * Math.sqrt(expected), a + ", " + b);
      }
    }
  }

  // ---- what is found ----

  private ArmComparison run(
      ExperimentPlan.Builder plan, int keys, ToDoubleBiFunction<Integer, SplittableRandom> score) {
    ExperimentPhase phase = phase(plan);
    SplittableRandom random = new SplittableRandom(9);
    for (int i = 0; i < keys; i++) {
      int arm = phase.call("k" + i);
      double value = score.applyAsDouble(arm, random);
      if (value != -1) {
        record(phase, "k" + i, value);
      }
    }
    pass(HOUR);
    return only(phase).comparisons().get(0);
  }

  private static ExperimentPlan.Builder total() {
    return plan(1, 1).metric(ExperimentMetric.total("m", HOUR));
  }

  @Test
  void difference_ofMeans_isFoundWithItsInterval() {
    ArmComparison found = run(total(), 10_000, (arm, random) -> arm + random.nextGaussian());
    assertEquals(Decision.HIGHER, found.decision());
    var interval = found.difference().orElseThrow();
    assertTrue(interval.low() > 0.85 && interval.high() < 1.15, interval::toString);
    assertTrue(interval.low() < 1 && interval.high() > 1, interval::toString);
    String text = found.finding();
    assertTrue(text.startsWith("m is higher in arm1 than in arm0: difference "), text);
    ArmComparison lower = run(total(), 10_000, (arm, random) -> random.nextGaussian() - arm);
    assertEquals(Decision.LOWER, lower.decision());
    ArmComparison same = run(total(), 10_000, (arm, random) -> random.nextGaussian());
    assertEquals(Decision.UNDECIDED, same.decision());
  }

  @Test
  void refusals_sayWhy() {
    ToDoubleBiFunction<Integer, SplittableRandom> normal = (arm, random) -> random.nextGaussian();
    assertRefused("fewer than 200", run(total(), 300, normal));
    assertRefused("a constant score", run(total(), 2_000, (arm, random) -> 0.1));
    assertRefused("a constant score", run(total(), 2_000, (arm, random) -> arm));
    assertRefused(
        "carried by too few keys: as by",
        run(total(), 5_000, (arm, random) -> random.nextDouble() < 0.01 ? 1 : 0));
    int[] count = {0};
    assertRefused(
        "1 keys of arm arm1 have a score that is not finite",
        run(total(), 2_000, (arm, random) -> arm == 1 && count[0]++ == 0 ? Double.NaN : 1));
    assertRefused(
        "have a score that is not finite",
        run(total(), 2_000, (arm, random) -> Double.MAX_VALUE * (1 + random.nextDouble())));
  }

  private static void assertRefused(String why, ArmComparison comparison) {
    assertEquals(Decision.REFUSED, comparison.decision(), comparison::toString);
    assertTrue(comparison.finding().startsWith("refused: "), comparison::finding);
    assertTrue(comparison.finding().contains(why), comparison::finding);
    assertEquals(Optional.empty(), comparison.difference());
  }

  @Test
  void largeScores_areRefusedOrFinite() {
    ArmComparison found = run(total(), 2_000, (arm, random) -> 1e200 * random.nextDouble());
    assertEquals(Decision.REFUSED, found.decision());
  }

  @Test
  void share_isTestedExactly_andNeedsNoManyKeys() {
    ArmComparison found =
        run(
            plan(1, 1).metric(ExperimentMetric.share("m", HOUR)),
            150,
            (arm, random) -> random.nextDouble() < (arm == 1 ? 0.9 : 0.3) ? 1 : 0);
    assertEquals(Decision.HIGHER, found.decision());
    assertEquals(Optional.empty(), found.difference());
    var ratio = found.ratio().orElseThrow();
    assertTrue(ratio.low() < 3 && ratio.high() > 3, ratio::toString);
    assertTrue(found.finding().contains("no interval of the difference: "), found::finding);
    var opposite = found.oppositeRatio().orElseThrow();
    assertTrue(opposite.high() < 1, opposite::toString);
  }

  /** Successes that are common: the failures tell. */
  @Test
  void share_nearOne_isDecidedByFailures() {
    ArmComparison found =
        run(
            plan(1, 1).metric(ExperimentMetric.share("m", HOUR)),
            20_000,
            (arm, random) -> random.nextDouble() < (arm == 1 ? 0.999 : 0.99) ? 1 : 0);
    assertEquals(Decision.HIGHER, found.decision());
    assertTrue(found.oppositeRatio().orElseThrow().high() < 1, found::toString);
    assertTrue(found.ratio().orElseThrow().low() < 1, found::toString);
  }

  @Test
  void reportsLostInOneArm_refuseAll() {
    ExperimentPlan.Builder plan =
        plan(1, 1)
            .metric(ExperimentMetric.reported("m", HOUR))
            .metric(ExperimentMetric.total("other", HOUR));
    ExperimentPhase phase = phase(plan);
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < 20_000; i++) {
      int arm = phase.call("k" + i);
      phase.record("k" + i, "other", random.nextGaussian(), 1, false);
      if (arm == 0 || random.nextDouble() < 0.85) {
        record(phase, "k" + i, random.nextDouble());
      }
    }
    pass(HOUR);
    ExperimentResults results = phase.results();
    assertTrue(results.sampleRatio().isMismatch());
    String finding = results.sampleRatio().finding();
    assertTrue(finding.startsWith("mismatch in reports of m: "), finding);
    assertEquals(1, mismatches.size(), "told once");
    for (MetricResult metric : results.metrics()) {
      assertRefused("mismatch in reports of m", metric.comparisons().get(0));
    }
  }

  @Test
  void equalReports_areNoMismatch() {
    ArmComparison found =
        run(
            plan(1, 1).metric(ExperimentMetric.reported("m", HOUR)),
            20_000,
            (arm, random) -> random.nextDouble() < 0.2 ? random.nextDouble() + 1 : -1);
    assertEquals(Decision.UNDECIDED, found.decision());
    assertEquals(List.of(), mismatches);
  }

  @Test
  void manyComparisons_widenEachInterval() {
    double width = width(total());
    double wider = width(plan(1, 1, 1e-9).metric(ExperimentMetric.total("m", HOUR)));
    double widest =
        width(
            total()
                .metric(ExperimentMetric.total("b", HOUR))
                .metric(ExperimentMetric.total("c", HOUR)));
    double narrow = width(total().confidence(0.5));
    assertTrue(narrow < width && width < wider && wider < widest, width + " " + wider);
  }

  private double width(ExperimentPlan.Builder plan) {
    var interval =
        run(plan, 4_000, (arm, random) -> random.nextGaussian()).difference().orElseThrow();
    return interval.high() - interval.low();
  }

  @Test
  void plan_checksWhatItIsTold() {
    assertRefused(() -> plan(1).metric(ExperimentMetric.total("m", HOUR)).build());
    assertRefused(() -> plan(1, 1).build());
    assertRefused(() -> plan(1, 0));
    assertRefused(() -> plan(1, Double.NaN));
    assertRefused(() -> plan(1, Double.POSITIVE_INFINITY));
    assertRefused(() -> plan(1).arm("arm0", Lanes.version(2), 1));
    assertRefused(() -> total().metric(ExperimentMetric.total("m", HOUR)));
    assertRefused(() -> ExperimentMetric.total("m", Duration.ZERO));
    assertRefused(() -> total().confidence(1));
    assertRefused(() -> total().confidence(Double.NaN));
    assertRefused(() -> total().expectedKeys(999));
    assertRefused(() -> total().maxKeys(0));
    assertFalse(total().build().toString().isEmpty());
  }

  private static void assertRefused(Runnable builds) {
    assertThrows(IllegalArgumentException.class, builds::run);
  }
}
