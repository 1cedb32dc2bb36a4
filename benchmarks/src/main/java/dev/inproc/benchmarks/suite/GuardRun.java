package dev.inproc.benchmarks.suite;

import dev.inproc.benchmarks.Setting;
import dev.inproc.benchmarks.peers.RawOnnx;
import dev.inproc.benchmarks.peers.Workload;
import dev.inproc.inference.BatchPredictor;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;

/**
 * A child of the guard: measures each guarded ratio once and prints it. The two sides take turns in
 * slices of some milliseconds, the order within a pair alternating, so that what else the machine
 * does falls on both; the ratio is the median over pairs.
 */
final class GuardRun {
  private static final int BATCH = 16;
  private static final long SLICE_NANOS = 12_000_000;
  private static final int PAIRS = 40;
  private static final int WARM_UP_PAIRS = 20;

  private GuardRun() {}

  /** The argument: the share by which the library is slowed, 0 for none. */
  public static void main(String[] arguments) throws Exception {
    Child.silenceLogs();
    double plant = Double.parseDouble(arguments[0]);
    pairs("tiny", Workload.TINY, plant);
    pairs("wide", Workload.WIDE, plant);
    System.exit(0);
  }

  private static void pairs(String name, Workload workload, double plant) throws Exception {
    List<Tensors> rows = workload.examples();
    List<Tensors> some = rows.subList(0, BATCH);
    try (RawOnnx raw = new RawOnnx(workload, 1);
        Session session = Setting.session(workload.model(), SessionOptions.builder())) {
      BatchPredictor<Tensors, Tensors> model = plant > 0 ? new Planted<>(session, plant) : session;
      print(name + " one", () -> model.predict(rows.get(0)), () -> raw.answer(0));
      print(name + " list of 16", () -> model.predictAll(some), () -> raw.answers(0, BATCH));
      if (workload == Workload.WIDE) {
        Predictor<Tensors, Tensors> batching = model.with(Batching.upTo(BATCH));
        print(name + " 16 batched", () -> together(batching, some), () -> raw.answers(0, BATCH));
      }
    }
  }

  private static Object together(Predictor<Tensors, Tensors> batching, List<Tensors> rows) {
    CompletableFuture<?>[] futures =
        rows.stream().map(batching::submit).toArray(CompletableFuture<?>[]::new);
    for (CompletableFuture<?> future : futures) {
      future.join();
    }
    return futures;
  }

  private static void print(String name, Callable<?> subject, Callable<?> baseline)
      throws Exception {
    for (int i = 0; i < WARM_UP_PAIRS; i++) {
      slice(subject);
      slice(baseline);
    }
    double[] ratios = new double[PAIRS];
    for (int i = 0; i < PAIRS; i++) {
      double first = slice(i % 2 == 0 ? subject : baseline);
      double second = slice(i % 2 == 0 ? baseline : subject);
      ratios[i] = i % 2 == 0 ? first / second : second / first;
    }
    Arrays.sort(ratios);
    System.out.println(name + "=" + String.format(Locale.ROOT, "%.4f", ratios[PAIRS / 2]));
  }

  /** Nanoseconds a call. */
  private static double slice(Callable<?> work) throws Exception {
    long begin = System.nanoTime();
    long now = begin;
    int calls = 0;
    while (now - begin < SLICE_NANOS) {
      work.call();
      calls++;
      now = System.nanoTime();
    }
    return (double) (now - begin) / calls;
  }
}
