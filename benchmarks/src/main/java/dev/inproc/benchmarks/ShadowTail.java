package dev.inproc.benchmarks;

import com.google.gson.JsonObject;
import dev.inproc.benchmarks.load.Arrivals;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.deploy.Deployment;
import dev.inproc.inference.deploy.Shadow;
import dev.inproc.inference.deploy.ShadowMetrics;
import dev.inproc.inference.deploy.ShadowPlan;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.model.ModelVersion;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What a shadow costs the calls of the version that serves. A network of some 5 million weights
 * gets Poisson arrivals at 40 % of what it can answer, without a shadow and with shadows that hang,
 * throw, sleep for 20 ms, spin for 20 ms, and run the same network in a session of their own. In
 * each round all take turns, without a shadow twice: that ratio is the noise.
 *
 * <pre>{@code
 * java -cp benchmarks/target/benchmarks.jar dev.inproc.benchmarks.ShadowTail --rounds 10 [--seconds 4]
 * }</pre>
 *
 * <p>One line of JSON for each kind of shadow: p50 and p99 in milliseconds over all rounds, from
 * the moment at which a call was due; the median over the rounds of p99 against the round's p99
 * without a shadow; the share of the processors that the shadow was charged with; its counts.
 */
public final class ShadowTail {
  private static final double LOAD = 0.4;
  private static final int LEAD_MILLIS = 500;
  private static final int BATCH = 16;
  private static final int[] WIDTHS = {512, 2_048, 2_048, 16};
  private static final int RUN_MILLIS = 20;
  private static final double NANOS_PER_MILLI = 1e6;

  /** What runs beside. */
  private enum Kind {
    NONE,
    /** The noise: what no shadow has against no shadow. */
    NONE_AGAIN,
    HANGS,
    THROWS,
    SLEEPS,
    SPINS,
    SAME_MODEL
  }

  private static final List<Kind> KINDS = List.of(Kind.values()); // of versions 1, 2, ...

  private ShadowTail() {}

  /** A lane that misbehaves. */
  private static final class BadLane implements Predictor<Tensors, Tensors> {
    private final Kind kind;
    private final CountDownLatch closed = new CountDownLatch(1);

    BadLane(Kind kind) {
      this.kind = kind;
    }

    @Override
    public Tensors predict(Tensors input, CallOptions options) {
      long start = System.nanoTime();
      try {
        switch (kind) {
          case HANGS -> closed.await();
          case SLEEPS -> Thread.sleep(RUN_MILLIS);
          case SPINS -> {
            while (System.nanoTime() - start < RUN_MILLIS * NANOS_PER_MILLI) {
              Thread.onSpinWait();
            }
          }
          default -> throw new IllegalStateException("planned");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return input;
    }

    @Override
    public CompletableFuture<Tensors> submit(Tensors input, CallOptions options) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<Tensors> predictAll(List<Tensors> inputs, CallOptions options) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
      closed.countDown();
    }
  }

  /** The figures of one kind. */
  private static final class Result {
    private final CallTimes times = new CallTimes();
    private final List<Double> against = new ArrayList<>();
    private double mostProcessors;
    private long compared;
    private long failed;
    private long dropped;
  }

  /** Measures and prints. */
  public static void main(String[] arguments) throws InterruptedException {
    NamedOptions options =
        new NamedOptions(Set.of("rounds", "seed", "seconds"), Set.of(), arguments);
    int rounds = options.integer("rounds", "10", 1_000);
    int seconds = options.integer("seconds", "4", 1_000);
    long seed = options.seed();
    Random random = new Random(1);
    List<Tensors> rows = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      float[] row = new float[WIDTHS[0]];
      for (int j = 0; j < row.length; j++) {
        row[j] = (float) random.nextGaussian();
      }
      rows.add(Tensors.of("x", Tensor.of(row)));
    }
    ModelSource source = ModelSource.bytes("mlp", Models.mlp(WIDTHS));
    try (Deployment<Tensors, Tensors> deployment =
        Deployment.<Tensors, Tensors>builder(
                (version, lane) -> {
                  Kind kind = KINDS.get((int) version.version() - 1);
                  return kind == Kind.NONE || kind == Kind.SAME_MODEL
                      ? new OnnxEngine().load(source).with(Batching.upTo(BATCH))
                      : new BadLane(kind);
                })
            .open(version(Kind.NONE, source))) {
      double perSecond = LOAD * SwitchTail.capacity(deployment, rows);
      System.err.printf("%.1f calls a second, seed %d%n", perSecond, seed);
      measure(deployment, source, rows, perSecond, rounds, seconds, seed);
    }
  }

  private static void measure(
      Deployment<Tensors, Tensors> deployment,
      ModelSource source,
      List<Tensors> rows,
      double perSecond,
      int rounds,
      int seconds,
      long seed)
      throws InterruptedException {
    Map<Kind, Result> results = new EnumMap<>(Kind.class);
    AtomicInteger failed = new AtomicInteger();
    for (int round = 0; round < rounds; round++) {
      Map<Kind, Double> p99 = new EnumMap<>(Kind.class);
      for (int turn = 0; turn < KINDS.size(); turn++) {
        Kind kind = KINDS.get((round + turn) % KINDS.size()); // each comes first in turn
        Result result = resultOf(results, kind);
        Shadow shadow =
            kind == Kind.NONE || kind == Kind.NONE_AGAIN
                ? null
                : deployment.shadow(ShadowPlan.of(version(kind, source)));
        long[] due = Arrivals.POISSON.schedule(perSecond, 3600, seed + round);
        PacedCalls calls = new PacedCalls(deployment, rows, due, failed);
        Thread.sleep(LEAD_MILLIS);
        long from = System.nanoTime();
        Thread.sleep(Duration.ofSeconds(seconds).toMillis());
        long to = System.nanoTime();
        calls.end();
        if (shadow != null) {
          tell(result, shadow.metrics());
          shadow.close();
        }
        CallTimes ofRound = new CallTimes();
        ofRound.add(calls, from, to);
        result.times.add(calls, from, to);
        p99.put(kind, ofRound.at(0.99));
      }
      double without = p99.getOrDefault(Kind.NONE, Double.NaN);
      p99.forEach((kind, millis) -> resultOf(results, kind).against.add(millis / without));
    }
    results.forEach((kind, result) -> System.out.println(json(kind, result)));
    System.out.println("{\"failedCalls\": " + failed + ", \"rounds\": " + rounds + "}");
  }

  private static Result resultOf(Map<Kind, Result> results, Kind kind) {
    return results.computeIfAbsent(kind, each -> new Result());
  }

  private static ModelVersion version(Kind kind, ModelSource source) {
    return ModelVersion.of("mlp", KINDS.indexOf(kind) + 1L, source);
  }

  private static void tell(Result result, ShadowMetrics metrics) {
    result.mostProcessors = Math.max(result.mostProcessors, metrics.processorShare());
    result.compared += metrics.compared();
    result.failed += metrics.failed();
    result.dropped += metrics.dropped();
  }

  private static JsonObject json(Kind kind, Result result) {
    Collections.sort(result.against);
    JsonObject json = new JsonObject();
    json.addProperty("shadow", kind.name());
    json.addProperty("calls", result.times.count());
    json.addProperty("p50", rounded(result.times.at(0.5)));
    json.addProperty("p99", rounded(result.times.at(0.99)));
    List<Double> against = result.against;
    json.addProperty("p99Against", rounded(against.get(against.size() / 2)));
    json.addProperty("p99AgainstLowerQuartile", rounded(against.get(against.size() / 4)));
    json.addProperty("p99AgainstUpperQuartile", rounded(against.get(3 * against.size() / 4)));
    json.addProperty("mostProcessorShare", rounded(result.mostProcessors));
    json.addProperty("compared", result.compared);
    json.addProperty("failed", result.failed);
    json.addProperty("dropped", result.dropped);
    return json;
  }

  private static double rounded(double value) {
    return Math.round(value * 1_000) / 1_000.0;
  }
}
