package dev.inproc.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * The cells of {@link SaturationBenchmark} on a machine whose speed drifts: all ways to share an
 * engine are loaded in one JVM and measured in short slices that follow each other, in an order
 * drawn anew each round. Each slice is compared with the baselines' slices of the same round, so
 * that a slow moment of the machine counts for both. Prints the median rate of each way, and the
 * median of its ratios to the better baseline with a bootstrap interval of 90 % over the rounds.
 *
 * <p>One JVM is one draw of memory layout and compiled code: run it several times.
 *
 * <pre>{@code
 * java -cp benchmarks/target/benchmarks.jar dev.inproc.benchmarks.PairedSaturation \
 *     ENGINE CALLERS [ROUNDS SLICE_MS]
 * }</pre>
 *
 * ENGINE is one of {@link SharedEngine#of}, CALLERS a number of blocking callers or {@code async}.
 * Ways: see {@link SharedEngine#of}; {@code list} is one thread that has all its calls in memory,
 * in lists as long as the batches that the callers could fill: no waking, no queue.
 */
public final class PairedSaturation {
  private static final String LIST = "list";
  private static final List<String> BASELINES = List.of("queueAndThread", "fixedDelay");
  private static final List<String> WAYS =
      List.of("batched", "twoRuns", "queueAndThread", "fixedDelay", LIST);
  private static final int CALLS = 64;
  private static final int RESAMPLES = 2_000;
  private static final double TAIL = 0.05;
  private static final long WARM_UP_NANOS = 3_000_000_000L;

  private PairedSaturation() {}

  /** A way to share the engine, its callers, and what each round gave. */
  private record Contender(
      String way, SharedEngine<?> engine, Callers callers, List<Double> rates) {
    static Contender of(String engine, String callers, String way) {
      boolean isList = way.equals(LIST);
      SharedEngine<?> shared = SharedEngine.of(engine, isList ? "direct" : way);
      int threads = callers.equals("async") ? 0 : Integer.parseInt(callers);
      Callers load;
      if (isList) {
        int size = Math.min(threads > 0 ? threads : Integer.MAX_VALUE, SharedEngine.MAX_BATCH_SIZE);
        load = new ListCaller(shared::callAll, size);
      } else {
        load = threads > 0 ? new CallerThreads(threads, shared::call) : new Ring(shared::submit);
      }
      return new Contender(way, shared, load, new ArrayList<>());
    }

    /** Calls for a time; returns calls a second. The callers are at rest before and after. */
    double rate(long nanos) {
      long calls = 0;
      long start = System.nanoTime();
      do {
        calls += callers.call(CALLS);
      } while (System.nanoTime() - start < nanos);
      calls += callers.rest();
      return calls * 1e9 / (System.nanoTime() - start);
    }

    void close() {
      callers.close();
      engine.close();
    }
  }

  /** See the class. */
  public static void main(String[] args) {
    if (args.length < 2) {
      System.err.println("usage: PairedSaturation ENGINE CALLERS [ROUNDS SLICE_MS]");
      System.exit(2);
    }
    int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 60;
    long slice = (args.length > 3 ? Long.parseLong(args[3]) : 50) * 1_000_000;
    List<Contender> contenders =
        WAYS.stream().map(way -> Contender.of(args[0], args[1], way)).toList();
    contenders.forEach(each -> each.rate(WARM_UP_NANOS));
    List<Contender> order = new ArrayList<>(contenders);
    Random random = new Random(rounds);
    for (int round = 0; round < rounds; round++) {
      Collections.shuffle(order, random);
      order.forEach(each -> each.rates().add(each.rate(slice)));
    }
    contenders.forEach(Contender::close);
    print(args[0], args[1], contenders);
  }

  private static void print(String engine, String callers, List<Contender> contenders) {
    Contender best =
        contenders.stream()
            .filter(each -> BASELINES.contains(each.way()))
            .max((a, b) -> Double.compare(median(a.rates()), median(b.rates())))
            .orElseThrow();
    for (Contender each : contenders) {
      List<Double> ratios = new ArrayList<>();
      for (int round = 0; round < each.rates().size(); round++) {
        ratios.add(each.rates().get(round) / best.rates().get(round));
      }
      double[] limits = interval(ratios);
      System.out.printf(
          Locale.ROOT,
          "%s,%s,%s,%.0f,%.3f,%.3f,%.3f,%s%n",
          engine,
          callers,
          each.way(),
          median(each.rates()),
          median(ratios),
          limits[0],
          limits[1],
          best.way());
    }
  }

  private static double[] interval(List<Double> values) {
    Random random = new Random(RESAMPLES);
    double[] medians = new double[RESAMPLES];
    for (int i = 0; i < RESAMPLES; i++) {
      List<Double> drawn = new ArrayList<>();
      for (int j = 0; j < values.size(); j++) {
        drawn.add(values.get(random.nextInt(values.size())));
      }
      medians[i] = median(drawn);
    }
    Arrays.sort(medians);
    int low = (int) (TAIL * RESAMPLES);
    return new double[] {medians[low], medians[RESAMPLES - 1 - low]};
  }

  private static double median(List<Double> values) {
    return new Samples(List.of(values.stream().mapToDouble(Double::doubleValue).toArray()))
        .median();
  }
}
