package dev.inproc.benchmarks;

import ai.onnxruntime.OrtException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What gathering costs: requests that come one by one, 256 of them in a {@link Ring}, against a
 * loop written by hand that has them all in its memory and runs them in batches of a fixed size on
 * ONNX Runtime's own binding, with kept tensors. Requests a second.
 *
 * <ul>
 *   <li>{@code loop}: batches of {@code rows}, in the order of the requests; texts are padded to
 *       the longest of their batch.
 *   <li>{@code loopExact}: for texts, one run for each length that a batch holds.
 *   <li>{@code batched}: this library, {@code rows} being its {@code maxBatchSize}.
 * </ul>
 *
 * The bar compares the best of {@code batched} with the best of both loops. Models: the network
 * 1024-2048-2048-512, and MiniLM in FP32 with texts of 8 to 16 tokens.
 *
 * <pre>{@code
 * java -jar benchmarks/target/benchmarks.jar FixedBatch -rf json -rff out.json
 * }</pre>
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(value = 10, jvmArgsAppend = "-Xmx2g")
@Warmup(iterations = 1, time = 2)
@Measurement(iterations = 2, time = 1)
public class FixedBatchBenchmark {
  private static final int REQUESTS = 256;
  private static final int[] WIDE = {1024, 2048, 2048, 512};
  private static final int SHORTEST = 8;
  private static final int LONGEST = 16;

  /** What is asked. */
  @State(Scope.Benchmark)
  public static class Asked {
    @Param({"wide", "minilm"})
    String engine = "wide";

    @Param({"16", "32", "64"})
    int rows;

    private final List<float[]> vectors = new ArrayList<>();
    private final List<long[]> texts = MiniLm.mixedTexts(REQUESTS, SHORTEST, LONGEST);

    /** Makes what does not depend on the parameters. */
    public Asked() {
      Random random = new Random(WIDE[0]);
      for (int i = 0; i < REQUESTS; i++) {
        float[] row = new float[WIDE[0]];
        for (int j = 0; j < row.length; j++) {
          row[j] = (float) random.nextGaussian();
        }
        vectors.add(row);
      }
    }

    boolean isWide() {
      return engine.equals("wide");
    }

    List<Tensors> tensors() {
      return isWide()
          ? vectors.stream().map(row -> Tensors.of("x", Tensor.of(row))).toList()
          : texts.stream().map(MiniLm::encode).toList();
    }
  }

  /** ONNX Runtime's own binding. */
  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init") // JMH calls open()
  public static class Loop {
    private Asked asked;
    private BareNetwork network;
    private BareMiniLm encoder;

    /** Loads. */
    @Setup(Level.Trial)
    public void open(Asked what) throws OrtException {
      asked = what;
      if (asked.isWide()) {
        network = new BareNetwork(Models.mlp(WIDE), WIDE[0], WIDE[WIDE.length - 1], asked.rows);
      } else {
        encoder = new BareMiniLm();
      }
    }

    List<float[][]> run(boolean exact) throws OrtException {
      List<float[][]> answers = new ArrayList<>();
      for (int from = 0; from < REQUESTS; from += asked.rows) {
        int to = from + asked.rows;
        if (asked.isWide()) {
          answers.add(network.each(asked.vectors.subList(from, to)));
        } else {
          List<long[]> texts = asked.texts.subList(from, to);
          answers.add(exact ? encoder.exact(texts) : encoder.padded(texts));
        }
      }
      return answers;
    }

    /** Frees. */
    @TearDown(Level.Trial)
    public void close() throws OrtException {
      if (asked.isWide()) {
        network.close();
      } else {
        encoder.close();
      }
    }
  }

  /** This library. */
  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init") // JMH calls open()
  public static class Batched {
    private Predictor<Tensors, Tensors> predictor;
    private Ring ring;
    private int next;

    /** Loads, and checks the answers against the loop's. */
    @Setup(Level.Trial)
    public void open(Asked asked, Loop loop) throws OrtException {
      byte[] model = asked.isWide() ? Models.mlp(WIDE) : MiniLm.model();
      SessionOptions.Builder options = SessionOptions.builder().maxBatchSize(asked.rows);
      if (!asked.isWide()) {
        options.pad(MiniLm.IDS, 0).pad(MiniLm.MASK, 0).pad(MiniLm.TYPES, 0);
      }
      predictor = Setting.session(model, options).with(Batching.upTo(asked.rows));
      List<Tensors> tensors = asked.tensors();
      float[][] expected = loop.run(false).stream().flatMap(Arrays::stream).toArray(float[][]::new);
      Answers.check("batched", expected, MiniLm.decode(predictor.predictAll(tensors)));
      ring = new Ring(() -> predictor.submit(tensors.get(next++ % REQUESTS)));
    }

    /** Frees. */
    @TearDown(Level.Trial)
    public void close() {
      ring.close();
      predictor.close();
    }
  }

  @Benchmark
  @OperationsPerInvocation(REQUESTS)
  public List<float[][]> loop(Loop state) throws OrtException {
    return state.run(false);
  }

  @Benchmark
  @OperationsPerInvocation(REQUESTS)
  public List<float[][]> loopExact(Loop state) throws OrtException {
    return state.run(true);
  }

  @Benchmark
  @OperationsPerInvocation(REQUESTS)
  public long batched(Batched state) {
    return state.ring.call(REQUESTS);
  }
}
