package dev.inproc.inference.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/**
 * Mean latency without deadlines against theory: Poisson arrivals, one engine, runs of {@code fixed
 * + perItem·rows}, no cap on a batch. Y. Inoue, "Queueing analysis of GPU-based inference servers
 * with dynamic batching: A closed-form characterization" (Performance Evaluation 147, 2021), gives
 * an upper bound that is close. The formula and the simulation are both checked against the
 * embedded Markov chain of batch sizes, computed here.
 */
class MeanLatencyTest {
  private static final int REQUESTS = 200_000;
  private static final int UNCAPPED = 4_096;
  private static final double[] FIXED = {0.0001, 1, 10, 50}; // in units of perItem
  private static final double[] RHO = {0.05, 0.2, 0.5, 0.7, 0.9}; // arrivals per perItem

  /** Inoue's bound, with perItem as the unit of time. */
  private static double bound(double rate, double fixed) {
    double low =
        (1 + fixed) / (2 * (1 - rate)) * (1 + 2 * rate * fixed + (1 - rate * fixed) / (1 + rate));
    double high = 1.5 * fixed / (1 - rate) + 0.5 * (rate + 2) / (1 - rate * rate);
    return Math.min(low, high);
  }

  /**
   * The exact mean. A batch of b takes {@code H = fixed + b}; those that come meanwhile, Poisson
   * with mean {@code rate·H}, are the next one, or a batch of one when somebody comes. Per run, so
   * many requests wait half of H each, and each of the next batch of b' runs for fixed + b'.
   */
  private static double exact(double rate, double fixed) {
    double most = rate * fixed / (1 - rate) + 2;
    int states = (int) (most + 15 * Math.sqrt(most / (1 - rate)) + 60);
    double[][] next = new double[states + 1][];
    for (int b = 1; b <= states; b++) {
      next[b] = poisson(rate * (fixed + b), states);
    }
    double[] share = new double[states + 1];
    share[1] = 1;
    for (int round = 0; round < 5_000; round++) {
      double[] after = new double[states + 1];
      for (int b = 1; b <= states; b++) {
        for (int come = 0; share[b] > 1e-14 && come <= states; come++) {
          after[Math.max(1, come)] += share[b] * next[b][come];
        }
      }
      double change = 0;
      for (int b = 1; b <= states; b++) {
        change += Math.abs(after[b] - share[b]);
      }
      share = after;
      if (change < 1e-12) {
        break;
      }
    }
    double latency = 0;
    double requests = 0;
    for (int b = 1; b <= states; b++) {
      double run = fixed + b;
      latency += share[b] * rate * run * run / 2;
      latency += share[b] * b * run;
      requests += share[b] * b;
    }
    return latency / requests;
  }

  private static double[] poisson(double mean, int most) {
    double[] chances = new double[most + 1];
    double logarithm = -mean;
    double sum = 0;
    for (int k = 0; k <= most; k++) {
      if (k > 0) {
        logarithm += Math.log(mean / k);
      }
      chances[k] = Math.exp(logarithm);
      sum += chances[k];
    }
    for (int k = 0; k <= most; k++) {
      chances[k] /= sum; // what the cut tail holds
    }
    return chances;
  }

  private static double simulated(Simulation.Chooser chooser, double rate, double fixed) {
    double perItemMicros = 100;
    Service service = new Service(fixed * perItemMicros, perItemMicros);
    long[] arrivals = Traffic.POISSON.arrivals(REQUESTS, rate / (perItemMicros * 1e-6), 7);
    List<Trace.Arrival> trace = new ArrayList<>();
    Arrays.stream(arrivals).forEach(at -> trace.add(new Trace.Arrival(at, Long.MAX_VALUE)));
    Simulation simulation = new Simulation(chooser, service, 1);
    return simulation.run(Simulation.tickets(new Trace(trace))).meanLatencyMicros() / perItemMicros;
  }

  @Test
  void bound_againstTheMarkovChain_isAnUpperBoundWithinNinePercent() {
    double closest = Double.POSITIVE_INFINITY;
    for (double fixed : FIXED) {
      for (double rate : RHO) {
        double ratio = exact(rate, fixed) / bound(rate, fixed);
        closest = Math.min(closest, ratio);
        assertTrue(
            ratio <= 1 + 1e-6 && ratio >= 1 / 1.09,
            () -> "exact / bound = " + ratio + " at rate " + rate + ", fixed " + fixed);
      }
    }
    System.out.printf(Locale.ROOT, "exact / bound: least %.4f%n", closest);
    assertTrue(closest < 0.95, "A grid that never leaves the bound's edges shows little");
  }

  @Test
  void latency_withoutDeadlines_liesWithinTheBound() {
    System.out.println("seed 7");
    for (double fixed : FIXED) {
      for (double rate : RHO) {
        Simulation.Chooser policy = Simulation.policy(UNCAPPED, 0, new Service(fixed * 100, 100));
        double mean = simulated(policy, rate, fixed);
        String at = mean + " at rate " + rate + ", fixed " + fixed;
        double exact = exact(rate, fixed);
        assertEquals(1, mean / exact, rate > 0.8 ? 0.05 : 0.015, () -> at + "; exact " + exact);
        // The mean of a sample strays: half a percent beyond the ends, more where it is a walk.
        double stray = rate > 0.8 ? 0.03 : 0.005;
        double bound = bound(rate, fixed);
        assertTrue(
            mean <= bound * (1 + stray) && mean >= bound / 1.09 * (1 - stray),
            () -> at + "; bound " + bound);
      }
    }
  }

  @Test
  void latency_withAWindow_missesTheBound() {
    double fixed = 10;
    double rate = 0.05;
    Simulation.Chooser window = Rivals.window(UNCAPPED, (long) (fixed * 100e3 / 2));
    double mean = simulated(window, rate, fixed);
    assertTrue(mean > 1.09 * bound(rate, fixed), () -> "" + mean);
  }
}
