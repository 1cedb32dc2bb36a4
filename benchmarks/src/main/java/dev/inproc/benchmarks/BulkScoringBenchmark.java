package dev.inproc.benchmarks;

import ai.onnxruntime.OrtException;
import dev.inproc.inference.Codec;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.bulk.BulkScoring;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * 1,000,000 rows of 16 features, each an array of its own, scored by one caller; the scores are
 * added up.
 *
 * <ul>
 *   <li>{@code handWritten256}, {@code handWritten1024}: a loop over ONNX Runtime's own binding
 *       with tensors that are kept, in batches of so many rows; the better one counts.
 *   <li>{@code bulk}: {@code BulkScoring} through a codec, with runs of up to 1,024 rows.
 *   <li>{@code rowByRow}: {@code predict} for each row.
 * </ul>
 *
 * <p>{@code network} is 16-8-1, which costs little more than copying its inputs, or
 * 16-256-256-64-1, as a scoring network may be.
 *
 * <pre>{@code
 * java -jar benchmarks/target/benchmarks.jar BulkScoring -rf json -rff out.json
 * }</pre>
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 3, jvmArgsAppend = "-Xmx2g")
@Warmup(iterations = 2)
@Measurement(iterations = 5)
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls open()
public class BulkScoringBenchmark {
  private static final int ROWS = 1_000_000;
  private static final int DISTINCT = 4_096;
  private static final int LARGEST_RUN = 1_024;

  /** The widths of the layers. */
  @Param({"16-8-1", "16-256-256-64-1"})
  public String network;

  private final List<float[]> rows = new ArrayList<>();
  private BareNetwork bare256;
  private BareNetwork bare1024;
  private Session session;
  private Predictor<float[], Float> scorer;
  private double expected;

  /** Loads both sides, and checks that they agree. */
  @Setup
  public void open() throws OrtException {
    Random random = new Random(16);
    for (int i = 0; i < DISTINCT; i++) {
      float[] row = new float[16];
      for (int j = 0; j < row.length; j++) {
        row[j] = random.nextFloat() * 2 - 1;
      }
      rows.add(row);
    }
    int[] widths =
        java.util.Arrays.stream(network.split("-")).mapToInt(Integer::parseInt).toArray();
    byte[] model = Models.mlp(widths);
    bare256 = new BareNetwork(model, 16, 1, 256);
    bare1024 = new BareNetwork(model, 16, 1, 1_024);
    session = Setting.session(model, SessionOptions.builder().maxBatchSize(LARGEST_RUN));
    scorer =
        session
            .borrowed()
            .with(
                Codec.of(
                    float[].class,
                    row -> Tensors.of("x", Tensor.of(row)),
                    out -> out.only().getFloat(0)));
    expected = handWritten(bare256, 256);
    check(handWritten(bare1024, 1_024));
    check(bulk());
  }

  private void check(double sum) {
    if (Math.abs(sum - expected) > 1e-4 * Math.abs(expected) + 1e-3) {
      throw new IllegalStateException("Expected a sum of " + expected + ", got " + sum);
    }
  }

  /** Frees. */
  @TearDown
  public void close() throws OrtException {
    scorer.close();
    session.close();
    bare256.close();
    bare1024.close();
  }

  /** As if they were read from somewhere. */
  private Iterator<float[]> input() {
    return new Iterator<>() {
      private int next;

      @Override
      public boolean hasNext() {
        return next < ROWS;
      }

      @Override
      public float[] next() {
        return rows.get(next++ & DISTINCT - 1);
      }
    };
  }

  private double handWritten(BareNetwork bare, int batch) throws OrtException {
    double sum = 0;
    List<float[]> some = new ArrayList<>(batch);
    for (Iterator<float[]> input = input(); input.hasNext(); ) {
      some.add(input.next());
      if (some.size() == batch || !input.hasNext()) {
        int filled = some.size();
        while (some.size() < batch) {
          some.add(rows.get(0));
        }
        float[] scores = bare.pinned(some);
        for (int i = 0; i < filled; i++) {
          sum += scores[i];
        }
        some.clear();
      }
    }
    return sum;
  }

  /** The binding, 256 rows a run. */
  @Benchmark
  public double handWritten256() throws OrtException {
    return handWritten(bare256, 256);
  }

  /** The binding, 1,024 rows a run. */
  @Benchmark
  public double handWritten1024() throws OrtException {
    return handWritten(bare1024, 1_024);
  }

  /** This library. */
  @Benchmark
  public double bulk() {
    double[] sum = {0};
    BulkScoring.inOrder().run(scorer, input(), (index, row, score) -> sum[0] += score);
    return sum[0];
  }

  /** This library, as a user without bulk scoring would. */
  @Benchmark
  public double rowByRow() {
    double sum = 0;
    for (Iterator<float[]> input = input(); input.hasNext(); ) {
      sum += scorer.predict(input.next());
    }
    return sum;
  }
}
