package dev.inproc.inference.batch;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.batch.Simulation.Chooser;
import dev.inproc.inference.batch.Simulation.Ticket;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * One caller in ten is in a hurry. How many of them are on time, against a policy that serves them
 * first whatever it costs the others; and how many in all, against the best of all policies here,
 * which sees no urgency at all in the best case. The urgent give at least twice the time of a full
 * batch: for less, see {@link #onTime_urgentBelowTwoRuns_tradesTheTotal}.
 */
class MixedDeadlinesTest {
  private static final int REQUESTS = 3_000;
  private static final int SEEDS = 3;

  private record Setting(
      double fixedMicros, double perItemMicros, int maxBatchSize, double deadline, double urgent) {
    Service service() {
      return new Service(fixedMicros, perItemMicros);
    }

    double perSecond(double load) {
      return load * maxBatchSize / ((fixedMicros + perItemMicros * maxBatchSize) * 1e-6);
    }

    long urgentNanos() {
      return (long) (urgent * 1e3);
    }
  }

  private static final List<Setting> SETTINGS =
      List.of(
          new Setting(100, 10, 32, 5_000, 1_000),
          new Setting(1_000, 100, 16, 25_000, 5_500),
          new Setting(500, 5, 64, 10_000, 2_000),
          new Setting(50, 50, 8, 4_000, 900));

  /** On time in all, and of the urgent. */
  private record Met(int total, int urgent) {}

  private static Met run(Chooser chooser, Setting setting, Trace trace) {
    List<Ticket> tickets = Simulation.tickets(trace);
    int total = new Simulation(chooser, setting.service(), 1).run(tickets).onTime();
    int urgent = 0;
    for (Ticket each : tickets) {
      if (each.isOnTime() && each.deadline - each.arrival <= setting.urgentNanos()) {
        urgent++;
      }
    }
    return new Met(total, urgent);
  }

  private static Trace trace(Setting setting, Traffic traffic, double load, int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Trace.Arrival> arrivals = new ArrayList<>();
    for (long at : traffic.arrivals(REQUESTS, setting.perSecond(load), seed)) {
      boolean urgent = random.nextInt(10) == 0;
      arrivals.add(
          new Trace.Arrival(
              at, at + (urgent ? setting.urgentNanos() : (long) (setting.deadline * 1e3))));
    }
    return new Trace(arrivals);
  }

  /** The least of both shares over a grid. */
  private static final class Least {
    double urgent = Double.POSITIVE_INFINITY;
    double total = Double.POSITIVE_INFINITY;
    String urgentAt = "";
    String totalAt = "";

    void add(Met met, Met first, int best, String at) {
      double urgentShare = (double) met.urgent / Math.max(1, first.urgent);
      if (urgentShare < urgent) {
        urgent = urgentShare;
        urgentAt = at;
      }
      double totalShare = (double) met.total / best;
      if (totalShare < total) {
        total = totalShare;
        totalAt = at;
      }
    }

    void print(String name) {
      System.out.printf(
          Locale.ROOT,
          "%-22s urgent / urgent first: least %.3f (%s); total / best: least %.3f (%s)%n",
          name,
          urgent,
          urgentAt,
          total,
          totalAt);
    }
  }

  private record Grid(Least policy, Least largest, Least first) {
    static Grid of(List<Setting> settings) {
      Grid grid = new Grid(new Least(), new Least(), new Least());
      for (Setting setting : settings) {
        for (Traffic traffic : Traffic.values()) {
          for (double load : DeadlineBarsTest.LOADS) {
            for (int seed = 1; seed <= SEEDS; seed++) {
              grid.add(setting, traffic, load, seed);
            }
          }
        }
      }
      grid.policy.print("policy");
      grid.largest.print("largest feasible batch");
      grid.first.print("urgent first");
      return grid;
    }

    private void add(Setting setting, Traffic traffic, double load, int seed) {
      Trace trace = trace(setting, traffic, load, seed);
      Service service = setting.service();
      int cap = setting.maxBatchSize;
      Met own = run(Simulation.policy(cap, 0, service), setting, trace);
      Met naive = run(Rivals.largestFeasible(cap, service), setting, trace);
      Met urgent = run(Rivals.urgentFirst(cap, service, setting.urgentNanos()), setting, trace);
      int best = Math.max(own.total, Math.max(naive.total, urgent.total));
      String at = setting + ", " + traffic + ", load " + load + ", seed " + seed;
      policy.add(own, urgent, best, at);
      largest.add(naive, urgent, best, at);
      first.add(urgent, urgent, best, at);
    }
  }

  @Test
  void onTime_urgentAmongOthers_bothKindsAreMet() {
    Grid grid = Grid.of(SETTINGS);
    assertTrue(grid.policy.urgent >= 0.97, () -> "urgent " + grid.policy.urgentAt);
    assertTrue(grid.policy.total >= 0.95, () -> "total " + grid.policy.totalAt);
    assertTrue(grid.largest.urgent < 0.9, "The bar must be one that a plain rule misses");
  }

  /**
   * One call in fifty gives many times what the others give. It costs an engine no more than
   * another, and there are many runs that could have it: in an overload that lasts it is met.
   */
  @Test
  void onTime_farAmongShort_inLastingOverload_areMet() {
    double leastFar = 1;
    double leastTotal = 1;
    for (Setting setting : SETTINGS) {
      Service service = setting.service();
      int cap = setting.maxBatchSize;
      for (Traffic traffic : Traffic.values()) {
        for (double load : new double[] {1.2, 1.5, 2, 4}) {
          for (int times : new int[] {3, 10}) {
            Trace trace = farTrace(setting, traffic, load, times);
            List<Ticket> tickets = Simulation.tickets(trace);
            double total = onTime(Simulation.policy(cap, 0, service), service, tickets);
            long usual = (long) (setting.deadline * 1e3);
            long end = trace.arrivals().get(trace.arrivals().size() - 1).arrivalNanos();
            List<Ticket> far = // whose whole time lies in the overload
                tickets.stream()
                    .filter(each -> each.deadline - each.arrival > usual && each.deadline < end)
                    .toList();
            double met = far.stream().filter(Ticket::isOnTime).count();
            int naive =
                onTime(Rivals.largestFeasible(cap, service), service, Simulation.tickets(trace));
            leastFar = Math.min(leastFar, met / far.size());
            leastTotal = Math.min(leastTotal, total / naive);
          }
        }
      }
    }
    System.out.printf(
        Locale.ROOT,
        "far: least share met %.3f; total / largest feasible: least %.3f%n",
        leastFar,
        leastTotal);
    assertTrue(leastFar >= 0.95, "far, met: " + leastFar);
    assertTrue(leastTotal >= 0.97, "of what the largest feasible batch meets: " + leastTotal);
  }

  private static int onTime(Chooser chooser, Service service, List<Ticket> tickets) {
    return new Simulation(chooser, service, 1).run(tickets).onTime();
  }

  private static Trace farTrace(Setting setting, Traffic traffic, double load, int times) {
    long usual = (long) (setting.deadline * 1e3);
    int requests = (int) (5 * times * usual * 1e-9 * setting.perSecond(load));
    List<Trace.Arrival> arrivals = new ArrayList<>();
    for (long at : traffic.arrivals(requests, setting.perSecond(load), 1)) {
      arrivals.add(new Trace.Arrival(at, at + (arrivals.size() % 50 == 7 ? times * usual : usual)));
    }
    return new Trace(arrivals);
  }

  @Test
  void onTime_urgentBelowTwoRuns_tradesTheTotal() {
    Grid grid =
        Grid.of(
            List.of(new Setting(100, 10, 32, 2_000, 500), new Setting(200, 20, 16, 3_000, 900)));
    // No policy here meets both bars; this one lies between serving them first and not at all.
    assertTrue(grid.policy.total > grid.first.total, "total " + grid.policy.totalAt);
    assertTrue(grid.policy.urgent > grid.largest.urgent + 0.3, "urgent " + grid.policy.urgentAt);
  }
}
