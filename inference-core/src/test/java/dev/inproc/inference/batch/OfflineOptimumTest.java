package dev.inproc.inference.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class OfflineOptimumTest {
  private static final long SEED = 20_261;

  private static long[] arrivals(SplittableRandom random, int n) {
    return random.longs(n, 0, 1_000).sorted().map(micros -> micros * 1_000).toArray();
  }

  @Test
  void onTime_smallCases_equalsBruteForce() {
    System.out.println("seed " + SEED);
    SplittableRandom random = new SplittableRandom(SEED);
    int losing = 0;
    for (int round = 0; round < 400; round++) {
      int n = random.nextInt(1, 8);
      Service service = new Service(random.nextInt(0, 300), random.nextInt(1, 200));
      int cap = random.nextInt(1, 5);
      Trace trace = Trace.of(arrivals(random, n), random.nextLong(50, 900) * 1_000);
      int expected = BruteForce.onTime(trace, service, cap);
      assertEquals(expected, OfflineOptimum.onTime(trace, service, cap), () -> trace.toString());
      Simulation.Outcome outcome = OfflineOptimum.outcome(trace, service, cap);
      assertEquals(expected, outcome.onTime());
      assertEquals(0, outcome.late());
      assertEquals(n - expected, outcome.dropped());
      losing += expected < n ? 1 : 0;
    }
    assertTrue(losing > 100 && losing < 390, "Cases that lose somebody: " + losing);
  }

  @Test
  void policy_smallMixedCases_isNearBruteForceAndNeverAbove() {
    System.out.println("seed " + SEED);
    SplittableRandom random = new SplittableRandom(SEED);
    int met = 0;
    int possible = 0;
    for (int round = 0; round < 400; round++) {
      int n = random.nextInt(1, 8);
      Service service = new Service(random.nextInt(0, 300), random.nextInt(1, 200));
      int cap = random.nextInt(1, 5);
      List<Trace.Arrival> mixed = new ArrayList<>();
      for (long at : arrivals(random, n)) {
        mixed.add(new Trace.Arrival(at, at + random.nextLong(100, 1_500) * 1_000));
      }
      Trace trace = new Trace(mixed);
      int best = BruteForce.onTime(trace, service, cap);
      int own = Simulation.ofPolicy(trace, service, cap, 1).onTime();
      assertTrue(own <= best, () -> own + " of " + best + " at most: " + trace);
      met += own;
      possible += best;
    }
    double share = (double) met / possible;
    System.out.printf("mixed small cases: %.3f of brute force, which sees the future%n", share);
    assertTrue(share >= 0.90, () -> "" + share);
  }

  @Test
  void policy_smallMixedCasesAllPresent_isNearBruteForce() {
    System.out.println("seed " + SEED);
    SplittableRandom random = new SplittableRandom(SEED);
    int met = 0;
    int possible = 0;
    for (int round = 0; round < 400; round++) {
      Service service = new Service(random.nextInt(0, 300), random.nextInt(1, 200));
      int cap = random.nextInt(1, 5);
      List<Trace.Arrival> mixed = new ArrayList<>();
      for (int i = random.nextInt(1, 8); i > 0; i--) {
        mixed.add(new Trace.Arrival(0, random.nextLong(100, 2_000) * 1_000));
      }
      Trace trace = new Trace(mixed);
      met += Simulation.ofPolicy(trace, service, cap, 1).onTime();
      possible += BruteForce.onTime(trace, service, cap);
    }
    double share = (double) met / possible;
    System.out.printf("mixed small cases, all present: %.3f of brute force%n", share);
    assertTrue(share >= 0.95, () -> "" + share);
  }

  @Test
  void onTime_deadlinesOutOfOrderOrMissing_isRefused() {
    Service service = new Service(10, 1);
    Trace crossed = new Trace(List.of(new Trace.Arrival(0, 100), new Trace.Arrival(1, 50)));
    Trace missing = new Trace(List.of(new Trace.Arrival(0, Long.MAX_VALUE)));
    for (Trace each : List.of(crossed, missing)) {
      IllegalArgumentException refused =
          assertThrows(
              IllegalArgumentException.class, () -> OfflineOptimum.onTime(each, service, 4));
      assertTrue(refused.getMessage().contains("by arrival"), refused::getMessage);
    }
  }
}
