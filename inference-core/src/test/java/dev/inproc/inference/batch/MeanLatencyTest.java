package dev.inproc.inference.batch;

import static org.junit.jupiter.api.Assertions.assertFalse;
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
  private static final int BLOCKS = 20;
  private static final double T_999 = 3.922; // Student's t of 18 degrees of freedom, two-sided
  private static final long SEED = 7;
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

  /**
   * A mean of latencies with its error bar: 99.9 % of such intervals hold the truth. By batch
   * means: what comes one after the other is alike, so the sample is cut into {@link #BLOCKS} long
   * pieces, the first is left out since it began with an empty queue, and Student's t is taken of
   * the means of the others.
   */
  private record Estimate(double mean, double error) {
    static Estimate of(List<Simulation.Ticket> tickets, double unitNanos) {
      int length = tickets.size() / BLOCKS;
      double[] means = new double[BLOCKS - 1];
      for (int i = length; i < BLOCKS * length; i++) {
        Simulation.Ticket each = tickets.get(i);
        means[i / length - 1] += (each.ended - each.arrival) / unitNanos / length;
      }
      double mean = Arrays.stream(means).average().orElseThrow();
      double squares = Arrays.stream(means).map(x -> (x - mean) * (x - mean)).sum();
      double deviation = Math.sqrt(squares / (means.length - 1));
      return new Estimate(mean, T_999 * deviation / Math.sqrt(means.length));
    }

    boolean refutes(double truth) {
      return Math.abs(mean - truth) > error;
    }
  }

  /**
   * Simulates.
   *
   * @param slowness by what factor runs take longer than they should
   */
  private static Estimate simulated(
      Simulation.Chooser chooser, double rate, double fixed, double slowness) {
    double perItemMicros = 100;
    Service service = new Service(fixed * perItemMicros * slowness, perItemMicros * slowness);
    int count = rate > 0.8 ? 4 * REQUESTS : REQUESTS; // near saturation it is a slow walk
    long[] arrivals = Traffic.POISSON.arrivals(count, rate / (perItemMicros * 1e-6), SEED);
    List<Trace.Arrival> trace = new ArrayList<>();
    Arrays.stream(arrivals).forEach(at -> trace.add(new Trace.Arrival(at, Long.MAX_VALUE)));
    List<Simulation.Ticket> tickets = Simulation.tickets(new Trace(trace));
    new Simulation(chooser, service, 1).run(tickets);
    return Estimate.of(tickets, perItemMicros * 1e3);
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
    double widest = 0;
    double widestNearSaturation = 0;
    for (double fixed : FIXED) {
      for (double rate : RHO) {
        Simulation.Chooser policy = Simulation.policy(UNCAPPED, 0, new Service(fixed * 100, 100));
        Estimate seen = simulated(policy, rate, fixed, 1);
        String at = seen + " at rate " + rate + ", fixed " + fixed + ", seed " + SEED;
        double exact = exact(rate, fixed);
        double bound = bound(rate, fixed);
        if (rate > 0.8) {
          widestNearSaturation = Math.max(widestNearSaturation, seen.error / seen.mean);
        } else {
          widest = Math.max(widest, seen.error / seen.mean);
        }
        assertFalse(seen.refutes(exact), () -> at + "; exact " + exact);
        assertTrue(
            seen.mean - seen.error <= bound && seen.mean + seen.error >= bound / 1.09,
            () -> at + "; bound " + bound);
      }
    }
    System.out.printf(
        Locale.ROOT,
        "seed %d, widest error bars %.4f, near saturation %.4f%n",
        SEED,
        widest,
        widestNearSaturation);
    assertTrue(widest < 0.04 && widestNearSaturation < 0.1, "Wider error bars show little");
  }

  /** The power of the test above: a policy that costs 5 % of a run is found out at every load. */
  @Test
  void latency_ofRunsThatTakeFivePercentLonger_isRefutedAtEveryLoad() {
    for (double fixed : FIXED) {
      for (double rate : new double[] {RHO[0], RHO[2], RHO[4]}) {
        Simulation.Chooser policy = Simulation.policy(UNCAPPED, 0, new Service(fixed * 100, 100));
        Estimate seen = simulated(policy, rate, fixed, 1.05);
        String at = seen + " at rate " + rate + ", fixed " + fixed;
        assertTrue(seen.refutes(exact(rate, fixed)), () -> at + " passes for exact");
      }
    }
  }

  @Test
  void latency_withAWindow_missesTheBound() {
    double fixed = 10;
    double rate = 0.05;
    Simulation.Chooser window = Rivals.window(UNCAPPED, (long) (fixed * 100e3 / 2));
    Estimate seen = simulated(window, rate, fixed, 1);
    assertTrue(seen.mean - seen.error > 1.09 * bound(rate, fixed), seen::toString);
  }
}
