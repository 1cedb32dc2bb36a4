package dev.inproc.benchmarks.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The generator against queues whose latency is known, in virtual time. */
class OpenLoopTheoryTest {
  private static final long SERVICE = 100_000; // nanoseconds, so 10,000 a second
  private static final long SEED = 4;
  private static final int ANY = Integer.MAX_VALUE;

  private final VirtualClock clock = new VirtualClock();

  private LoadResult run(double load, double seconds, LongSupplier service) {
    long[] schedule = Arrivals.POISSON.schedule(load * 1e9 / SERVICE, seconds, SEED);
    return OpenLoop.submit(new VirtualServer(clock, service), clock, schedule, 0, ANY);
  }

  /** In an M/M/1 queue the time in the system is exponential, of rate mu - lambda. */
  @ParameterizedTest
  @ValueSource(doubles = {0.3, 0.7})
  void percentiles_exponentialService_areThoseOfTheory(double load) {
    SplittableRandom random = new SplittableRandom(~SEED); // not the arrivals'
    LoadResult result = run(load, 100, () -> (long) (-SERVICE * Math.log(1 - random.nextDouble())));
    double rate = (1 - load) / SERVICE;
    for (double percentile : new double[] {50, 90, 99}) {
      double expected = -Math.log(1 - percentile / 100) / rate / 1e3;
      assertEquals(expected, result.micros(percentile), 0.03 * expected, "p" + percentile);
    }
    double expected = -Math.log(1e-3) / rate / 1e3;
    assertEquals(expected, result.micros(99.9), 0.1 * expected, "p99.9");
    assertEquals(load * 1e9 / SERVICE, result.offered(), 0.01 * 1e9 / SERVICE);
  }

  /** Crommelin's distribution of the wait in an M/D/1 queue. */
  @ParameterizedTest
  @ValueSource(doubles = {0.3, 0.8})
  void percentiles_constantService_areThoseOfTheory(double load) {
    LoadResult result = run(load, 100, () -> SERVICE);
    for (double percentile : new double[] {75, 90, 99, 99.9}) {
      double wait = result.micros(percentile) * 1e3 / SERVICE - 1;
      double beyond = 1 - crommelin(load, wait);
      double expected = 1 - percentile / 100;
      assertEquals(expected, beyond, (percentile > 99 ? 0.15 : 0.05) * expected, "p" + percentile);
    }
    double mean = 1 + load / 2 / (1 - load); // Pollaczek and Khinchine, in services
    assertEquals(mean, result.latencies().getMean() / SERVICE, 0.02 * mean);
  }

  /** The share that waits no longer than so many services. */
  private static double crommelin(double load, double wait) {
    double sum = 0;
    double factorial = 1;
    for (int k = 0; k <= wait; k++) {
      factorial *= k == 0 ? 1 : k;
      double x = load * (k - wait);
      sum += Math.pow(x, k) / factorial * Math.exp(-x);
    }
    return (1 - load) * sum;
  }

  /**
   * 1000 a second for 10 s: 200 of 10,000 meet the stall, then the backlog drains 9 times as fast.
   */
  @Test
  void stall_openLoop_showsInFull() {
    VirtualServer server = new VirtualServer(clock, () -> SERVICE);
    server.stall(5_000_000_000L, 200_000_000);
    long[] schedule = Arrivals.REGULAR.schedule(1_000, 10, SEED);
    LoadResult result = OpenLoop.submit(server, clock, schedule, 0, ANY);
    assertStallShows(result);
  }

  @Test
  void stall_openLoopOfOneCaller_showsInFull() {
    VirtualServer server = new VirtualServer(clock, () -> SERVICE);
    server.stall(5_000_000_000L, 200_000_000);
    long[] schedule = Arrivals.REGULAR.schedule(1_000, 10, SEED);
    assertStallShows(OpenLoop.call(server, clock, schedule, 0, 1));
  }

  private static void assertStallShows(LoadResult result) {
    assertEquals(200_100, result.micros(100), 1_000);
    assertEquals(
        200_100 - 10 * 900, result.micros(99.9), 2_000); // each later one waits 900 us less
    assertEquals(200_100 - 100 * 900, result.micros(99), 2_000);
    assertEquals(100, result.micros(97), 1); // 2.2 % were hit
  }

  /** Why latency under traffic is not measured by callers who wait: one call of 10,000 is slow. */
  @Test
  void stall_latencyFromTheSending_hidesIt() {
    VirtualServer server = new VirtualServer(clock, () -> SERVICE);
    server.stall(500_000_000, 200_000_000);
    org.HdrHistogram.Histogram naive = LoadResult.histogram();
    for (int i = 0; i < 10_000; i++) {
      long before = clock.nanoTime();
      server.call(i);
      naive.recordValue(clock.nanoTime() - before);
    }
    assertEquals(100, naive.getValueAtPercentile(99.9) / 1e3, 1);
  }

  @Test
  void warmUp_itsRequests_areSentAndNotCounted() {
    VirtualServer server = new VirtualServer(clock, () -> SERVICE);
    server.stall(0, 200_000_000);
    long[] schedule = Arrivals.REGULAR.schedule(1_000, 2, SEED);
    LoadResult result = OpenLoop.submit(server, clock, schedule, 1_000_000_000, ANY);
    assertEquals(1_000, (double) result.sent(), 1);
    assertEquals(result.sent(), result.latencies().getTotalCount());
    assertEquals(100, result.micros(100), 1);
  }

  @Test
  void overload_tooManyUnderWay_countAsFailed() {
    long[] schedule = Arrivals.REGULAR.schedule(20_000, 1, SEED); // twice what it can
    VirtualServer server = new VirtualServer(clock, () -> SERVICE);
    LoadResult result = OpenLoop.submit(server, clock, schedule, 0, 50);
    assertEquals(result.sent(), result.failed() + result.latencies().getTotalCount());
    assertEquals(10_000, result.answered(), 100);
    assertEquals(51 * 100, result.micros(99), 150);
  }

  @Test
  void goodput_deadline_countsWhatCameWithin() {
    LoadResult result = run(0.7, 20, () -> SERVICE);
    java.time.Duration median = java.time.Duration.ofNanos((long) (result.micros(50) * 1e3));
    double share = result.goodput(median) / result.answered();
    assertTrue(share >= 0.5 && share < 0.53, () -> "a share of " + share);
    assertEquals(result.answered(), result.goodput(java.time.Duration.ofSeconds(9)), 1e-9);
  }

  /** Little: so many under way, each served in turn. */
  @ParameterizedTest
  @ValueSource(ints = {1, 16})
  void window_oneServer_isKeptBusy(int size) {
    VirtualServer server = new VirtualServer(clock, () -> SERVICE);
    double rate = Window.run(server, clock, size, 1_000_000, 1_000_000_000);
    assertEquals(10_000, rate, 20);
  }
}
