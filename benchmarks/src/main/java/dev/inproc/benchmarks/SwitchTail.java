package dev.inproc.benchmarks;

import com.google.gson.JsonObject;
import dev.inproc.benchmarks.load.Arrivals;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.deploy.Deployment;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.model.ModelVersion;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What a switch of versions costs the calls meanwhile. MiniLM gets Poisson arrivals at 40 % of what
 * it can answer, and a tiny model beside it 200 calls a second; then MiniLM is switched to another
 * version. Measured are the calls that are due between the begin of {@code switchTo} and its end,
 * each from the moment at which it was due. The same is measured beside a plain thread that spins
 * for as long, and with nothing beside; the three take turns, so that all meet the same noise.
 *
 * <pre>{@code
 * java -cp benchmarks/target/benchmarks.jar dev.inproc.benchmarks.SwitchTail --rounds 10 [--model int8]
 * }</pre>
 *
 * <p>One line of JSON for each of {@code quiet}, {@code spinning} and {@code switching}: p50, p99
 * and p99.9 in milliseconds of both models, over all rounds.
 */
public final class SwitchTail {
  private static final double LOAD = 0.4;
  private static final int OTHER_PER_SECOND = 200;
  private static final int LEAD_SECONDS = 1;
  private static final int WARM_UP_SECONDS = 5;
  private static final int PROBE_OUTSTANDING = 16;
  private static final int BATCH = 16;
  private static final String INT8 = "all-minilm-l6-v2-q.onnx";

  private SwitchTail() {}

  /** Measures and prints. */
  public static void main(String[] arguments) throws InterruptedException {
    NamedOptions options = new NamedOptions(Set.of("rounds", "seed", "model"), Set.of(), arguments);
    int rounds = options.integer("rounds", "10", 1_000);
    long seed = options.seed();
    boolean isInt8 = options.text("model", "fp32").equals("int8");
    byte[] model = isInt8 ? MiniLm.model(INT8) : MiniLm.model();
    List<Tensors> texts = MiniLm.mixedTexts().stream().map(MiniLm::encode).toList();
    List<Tensors> rows =
        TinyData.rows().stream().map(row -> Tensors.of("x", Tensor.of(row))).toList();
    try (Deployment<Tensors, Tensors> miniLm =
            Deployment.<Tensors, Tensors>builder(
                    (version, lane) ->
                        new OnnxEngine()
                            .load(version.source(), padded())
                            .with(Batching.upTo(BATCH)))
                .warmUp(texts.subList(0, 4))
                .keepWarm(Duration.ZERO)
                .open(ModelVersion.of("minilm", 1, ModelSource.bytes("minilm", model)));
        Predictor<Tensors, Tensors> tiny =
            new OnnxEngine()
                .load(ModelSource.bytes("tiny", Models.tinyMlp()))
                .with(Batching.upTo(BATCH))) {
      double perSecond = LOAD * capacity(miniLm, texts);
      System.err.printf("%.1f calls a second, seed %d%n", perSecond, seed);
      measure(miniLm, tiny, texts, rows, model, perSecond, rounds, seed);
    }
  }

  private static SessionOptions padded() {
    return SessionOptions.builder()
        .pad(MiniLm.IDS, 0)
        .pad(MiniLm.MASK, 0)
        .pad(MiniLm.TYPES, 0)
        .build();
  }

  static double capacity(Predictor<Tensors, Tensors> predictor, List<Tensors> inputs) {
    double perSecond = 0;
    for (int part = 0; part < 2; part++) { // the first warms up
      long start = System.nanoTime();
      long end = start + Duration.ofSeconds(WARM_UP_SECONDS).toNanos();
      int answered = 0;
      List<CompletableFuture<Tensors>> under = new ArrayList<>();
      for (int i = 0; end - System.nanoTime() > 0; i++) {
        under.add(predictor.submit(inputs.get(i % inputs.size())));
        if (under.size() == PROBE_OUTSTANDING) {
          under.remove(0).join();
          answered++;
        }
      }
      perSecond = answered * 1e9 / (System.nanoTime() - start);
      under.forEach(CompletableFuture::join);
    }
    return perSecond;
  }

  private static void measure(
      Deployment<Tensors, Tensors> miniLm,
      Predictor<Tensors, Tensors> tiny,
      List<Tensors> texts,
      List<Tensors> rows,
      byte[] model,
      double perSecond,
      int rounds,
      long seed)
      throws InterruptedException {
    String[] kinds = {"switching", "spinning", "quiet"};
    CallTimes[] own = {new CallTimes(), new CallTimes(), new CallTimes()};
    CallTimes[] other = {new CallTimes(), new CallTimes(), new CallTimes()};
    AtomicInteger failed = new AtomicInteger();
    List<Double> seconds = new ArrayList<>();
    long nanos = 0;
    for (int round = 0; round < rounds; round++) {
      for (int kind = 0; kind < kinds.length; kind++) {
        long[] forMiniLm = Arrivals.POISSON.schedule(perSecond, 120, seed + round);
        long[] forTiny = Arrivals.POISSON.schedule(OTHER_PER_SECOND, 120, seed - 1 - round);
        PacedCalls a = new PacedCalls(miniLm, texts, forMiniLm, failed);
        PacedCalls b = new PacedCalls(tiny, rows, forTiny, failed);
        Thread.sleep(Duration.ofSeconds(LEAD_SECONDS).toMillis());
        long from = System.nanoTime();
        switch (kind) {
          case 0 -> {
            ModelSource source = ModelSource.bytes("minilm", model);
            miniLm.switchTo(ModelVersion.of("minilm", round + 2L, source));
            nanos = System.nanoTime() - from;
            seconds.add(nanos / 1e9);
          }
          case 1 -> spin(nanos);
          default -> Thread.sleep(nanos / 1_000_000);
        }
        long to = System.nanoTime();
        a.end();
        b.end();
        own[kind].add(a, from, to);
        other[kind].add(b, from, to);
      }
    }
    Collections.sort(seconds);
    for (int kind = 0; kind < kinds.length; kind++) {
      JsonObject json = new JsonObject();
      json.addProperty("beside", kinds[kind]);
      add(json, "minilm", own[kind], own[1]);
      add(json, "tiny", other[kind], other[1]);
      System.out.println(json);
    }
    JsonObject json = new JsonObject();
    json.addProperty("switchSeconds", seconds.get(seconds.size() / 2));
    json.addProperty("failed", failed.get());
    json.addProperty("rounds", rounds);
    System.out.println(json);
  }

  private static void spin(long nanos) {
    long end = System.nanoTime() + nanos;
    while (end - System.nanoTime() > 0) {
      Thread.onSpinWait();
    }
  }

  private static void add(JsonObject json, String name, CallTimes calls, CallTimes beside) {
    json.addProperty(name + "Calls", calls.count());
    for (double quantile : new double[] {0.5, 0.99, 0.999}) {
      json.addProperty(name + "P" + quantile * 100, Math.round(calls.at(quantile) * 100) / 100.0);
    }
    json.addProperty(
        name + "P99AgainstSpinning", Math.round(calls.at(0.99) / beside.at(0.99) * 100) / 100.0);
  }
}
