package dev.inproc.benchmarks;

import dev.inproc.benchmarks.peers.FixedDelayBatcher;
import dev.inproc.benchmarks.peers.QueueAndThreadBatcher;
import dev.inproc.inference.BatchPredictor;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.time.Duration;
import java.util.Collections;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/**
 * An engine behind one way of sharing it, and what is asked of it. To be closed.
 *
 * @param predictor what callers call
 * @param input what each of them asks
 */
record SharedEngine<I>(Predictor<I, ?> predictor, I input) implements AutoCloseable {
  static final int MAX_BATCH_SIZE = 32;
  private static final int TOKENS = 16;
  private static final Duration DELAY = Duration.ofMillis(1);
  private static final int[] WIDE = {1024, 2048, 2048, 512};

  /**
   * Makes one.
   *
   * @param engine {@code noop}, {@code affine}, {@code tiny} (16-8-1), {@code wide}
   *     (1024-2048-2048-512), {@code minilm} or {@code minilmInt8} (FP32, or row-wise INT8; a text
   *     of 16 tokens), these on ONNX Runtime
   * @param way {@code direct}, {@code batched}, {@code twoRuns} (batched, two runs at once, each on
   *     half of the processors), {@code fixedDelay} (of 1 ms) or {@code queueAndThread}
   */
  static SharedEngine<?> of(String engine, String way) {
    return switch (engine) {
      case "tiny" -> network(way, 16, 8, 1);
      case "wide" -> network(way, WIDE);
      case "minilm" -> text(way, MiniLm.model());
      case "minilmInt8" -> text(way, MiniLm.rowwiseInt8());
      default -> new SharedEngine<>(shared(AffineEngine.named(engine), way), 7L);
    };
  }

  private static SharedEngine<Tensors> network(String way, int... widths) {
    float[] row = new float[widths[0]];
    Random random = new Random(widths.length);
    for (int i = 0; i < row.length; i++) {
      row[i] = (float) random.nextGaussian();
    }
    return new SharedEngine<>(
        shared(session(Models.mlp(widths), SessionOptions.builder(), way), way),
        Tensors.of("x", Tensor.of(row)));
  }

  private static SharedEngine<Tensors> text(String way, byte[] model) {
    SessionOptions.Builder options =
        SessionOptions.builder().pad(MiniLm.IDS, 0).pad(MiniLm.MASK, 0).pad(MiniLm.TYPES, 0);
    return new SharedEngine<>(
        shared(session(model, options, way), way), MiniLm.encode(MiniLm.texts(1, TOKENS).get(0)));
  }

  private static Session session(byte[] model, SessionOptions.Builder options, String way) {
    return way.equals("twoRuns")
        ? Setting.session(model, options.parallelism(2), Math.max(1, Setting.INTRA_OP_THREADS / 2))
        : Setting.session(model, options);
  }

  private static <I, O> Predictor<I, O> shared(BatchPredictor<I, O> engine, String way) {
    return switch (way) {
      case "direct" -> engine;
      case "batched" -> engine.with(Batching.upTo(MAX_BATCH_SIZE));
      case "twoRuns" -> engine.with(Batching.upTo(MAX_BATCH_SIZE).withParallelism(2));
      case "fixedDelay" -> new FixedDelayBatcher<>(engine, MAX_BATCH_SIZE, DELAY);
      case "queueAndThread" -> new QueueAndThreadBatcher<>(engine, MAX_BATCH_SIZE);
      default -> throw new IllegalArgumentException("No way \"" + way + "\"");
    };
  }

  Object call() {
    return predictor.predict(input);
  }

  /** So many calls as one list. */
  Object callAll(int calls) {
    return predictor.predictAll(Collections.nCopies(calls, input));
  }

  Object call(CallOptions options) {
    return predictor.predict(input, options);
  }

  CompletableFuture<?> submit() {
    return predictor.submit(input);
  }

  @Override
  public void close() {
    predictor.close();
  }
}
