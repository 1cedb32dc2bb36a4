package dev.inproc.inference.batch;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The share of the offline optimum that is on time, over loads, kinds of traffic, engines and
 * seeds; one timeout for all. The rivals show that the bars can be missed.
 */
class DeadlineBarsTest {
  static final double[] LOADS = {0.3, 0.7, 0.9, 1.0, 1.2, 2.0};
  private static final int REQUESTS = 3_000;
  private static final int SEEDS = 3;
  private static final List<Case> CASES = new ArrayList<>();

  /** An engine, and what its callers give it. */
  record Setting(double fixedMicros, double perItemMicros, int maxBatchSize, double deadline) {
    static final List<Setting> ALL =
        List.of(
            new Setting(100, 10, 32, 2_000),
            new Setting(1_000, 100, 16, 10_000),
            new Setting(500, 5, 64, 2_500),
            new Setting(50, 50, 8, 1_000));

    Service service(double jitter, long seed) {
      return new Service(fixedMicros, perItemMicros, jitter, seed);
    }

    double perSecond(double load) {
      return load * maxBatchSize / ((fixedMicros + perItemMicros * maxBatchSize) * 1e-6);
    }
  }

  private record Case(String name, Setting setting, Trace trace, int optimum, int seed) {}

  private interface Policy {
    int onTime(Case of);
  }

  @BeforeAll
  static void solve() {
    CASES.clear();
    for (Setting setting : Setting.ALL) {
      for (Traffic traffic : Traffic.values()) {
        for (double load : LOADS) {
          for (int seed = 1; seed <= SEEDS; seed++) {
            long[] arrivals = traffic.arrivals(REQUESTS, setting.perSecond(load), seed);
            Trace trace = Trace.of(arrivals, (long) (setting.deadline * 1e3));
            int optimum = OfflineOptimum.onTime(trace, setting.service(0, 0), setting.maxBatchSize);
            String name = setting + ", " + traffic + ", load " + load + ", seed " + seed;
            CASES.add(new Case(name, setting, trace, optimum, seed));
          }
        }
      }
    }
  }

  /** The least share and the median. */
  private record Shares(double least, double median, String worst) {
    static Shares of(String name, Policy policy) {
      List<Double> shares = new ArrayList<>();
      String worst = "";
      double least = Double.POSITIVE_INFINITY;
      for (Case each : CASES) {
        double share = (double) policy.onTime(each) / each.optimum;
        shares.add(share);
        if (share < least) {
          least = share;
          worst = each.name;
        }
      }
      Collections.sort(shares);
      Shares result = new Shares(least, shares.get(shares.size() / 2), worst);
      System.out.printf(
          Locale.ROOT,
          "%-28s on time / optimum: least %.3f, median %.4f; least at %s%n",
          name,
          result.least,
          result.median,
          worst);
      return result;
    }
  }

  private static int rival(Simulation.Chooser chooser, Case of) {
    Simulation simulation = new Simulation(chooser, of.setting.service(0, 0), 1);
    return simulation.run(Simulation.tickets(of.trace)).onTime();
  }

  @Test
  void onTime_deterministicRuns_isWithinFivePercentOfTheOptimum() {
    Shares shares =
        Shares.of(
            "policy",
            each ->
                Simulation.ofPolicy(
                        each.trace, each.setting.service(0, 0), each.setting.maxBatchSize, 1)
                    .onTime());
    assertTrue(shares.least >= 0.95 && shares.median >= 0.99, shares::toString);
    assertTrue(shares.least <= 1, () -> "Better than the optimum: " + shares);
  }

  @Test
  void onTime_runsThatVaryByTenPercent_isWithinTenPercent() {
    Shares shares =
        Shares.of(
            "policy, 10 % jitter",
            each ->
                Simulation.ofPolicy(
                        each.trace,
                        each.setting.service(0.1, each.seed),
                        each.setting.maxBatchSize,
                        1)
                    .onTime());
    assertTrue(shares.least >= 0.90, shares::toString);
  }

  @Test
  void onTime_costToBeLearned_isWithinTenPercentToo() {
    Shares exact =
        Shares.of(
            "policy, learning",
            each ->
                Simulation.ofLearningPolicy(
                        each.trace, each.setting.service(0, 0), each.setting.maxBatchSize, 1)
                    .onTime());
    assertTrue(exact.least >= 0.95, exact::toString);
    Shares varying =
        Shares.of(
            "policy, learning, 10 % jitter",
            each ->
                Simulation.ofLearningPolicy(
                        each.trace,
                        each.setting.service(0.1, each.seed),
                        each.setting.maxBatchSize,
                        1)
                    .onTime());
    assertTrue(varying.least >= 0.90, varying::toString);
  }

  @Test
  void bars_simplerPolicies_areMissed() {
    Shares greedy = Shares.of("greedy", each -> rival(Rivals.greedy(cap(each)), each));
    Shares dropLate =
        Shares.of(
            "drop those too late",
            each -> rival(Rivals.dropLate(cap(each), each.setting.service(0, 0)), each));
    Shares window =
        Shares.of(
            "window of a quarter",
            each ->
                rival(Rivals.window(cap(each), (long) (each.setting.deadline * 1e3 / 4)), each));
    Shares largest =
        Shares.of(
            "largest feasible batch",
            each -> rival(Rivals.largestFeasible(cap(each), each.setting.service(0, 0)), each));
    for (Shares each : List.of(greedy, dropLate, window)) {
      assertTrue(each.least < 0.5, each::toString);
    }
    assertTrue(largest.least > 0.9, largest::toString); // the rule that the policy grew from
  }

  private static int cap(Case of) {
    return of.setting.maxBatchSize;
  }
}
