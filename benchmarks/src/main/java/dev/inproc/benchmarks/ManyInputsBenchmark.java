package dev.inproc.benchmarks;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
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
 * A model with one input for each column of a table, FLOAT[batch, 1], as scikit-learn's and
 * XGBoost's exporters write them. Every method takes a {@code float[]} row and gives its score.
 *
 * <ul>
 *   <li>{@code bareFresh}: ONNX Runtime with tensors made for each call, over one direct buffer
 *       that is kept; {@code barePinned}: tensors, map and pinned output kept. For one thread.
 *   <li>{@code predict}: this library, with a list of names that is kept; {@code predictMap}: with
 *       a map made for each call.
 * </ul>
 *
 * <pre>{@code
 * java -jar benchmarks/target/benchmarks.jar ManyInputs -rf json -rff out.json
 * }</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 3, jvmArgsAppend = "-Xmx2g")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ManyInputsBenchmark {

  /** A row and both sides. */
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init") // JMH calls open()
  public static class Table {
    @Param({"50", "200", "2000"})
    int columns = 50;

    private final OrtEnvironment environment = Setting.environment();
    private final long[] one = {1, 1};
    private final Map<String, OnnxTensor> kept = new LinkedHashMap<>();
    private List<String> names;
    private float[] row;
    private FloatBuffer all;
    private FloatBuffer[] cells;
    private FloatBuffer answer;
    private Map<String, OnnxTensor> pinned;
    private OrtSession bare;
    private Session session;

    /** Loads the model twice and compares all answers. */
    @Setup
    public void open() throws OrtException {
      names = IntStream.range(0, columns).mapToObj(i -> "column_" + i).toList();
      names = List.copyOf(names);
      row = new float[columns];
      all = direct(columns);
      cells = new FloatBuffer[columns];
      for (int i = 0; i < columns; i++) {
        row[i] = i % 100 / 100f;
        cells[i] = all.slice(i, 1);
        kept.put(names.get(i), OnnxTensor.createTensor(environment, cells[i], one));
      }
      answer = direct(1);
      pinned = Map.of("y", OnnxTensor.createTensor(environment, answer, one));
      byte[] model = Models.columns(columns);
      bare = Setting.bareSession(model);
      session = Setting.session(model, SessionOptions.builder());
      float[] expected = {fresh()};
      Answers.check("barePinned", expected, new float[] {pinned()});
      Answers.check("predict", expected, new float[] {predict()});
      Answers.check("predictMap", expected, new float[] {predictMap()});
    }

    private static FloatBuffer direct(int floats) {
      return ByteBuffer.allocateDirect(floats * Float.BYTES)
          .order(ByteOrder.nativeOrder())
          .asFloatBuffer();
    }

    float fresh() throws OrtException {
      Map<String, OnnxTensor> inputs = new LinkedHashMap<>(columns * 2);
      all.put(0, row);
      for (int i = 0; i < columns; i++) {
        inputs.put(names.get(i), OnnxTensor.createTensor(environment, cells[i], one));
      }
      try (OrtSession.Result result = bare.run(inputs)) {
        return ((OnnxTensor) result.get(0)).getFloatBuffer().get(0);
      } finally {
        inputs.values().forEach(OnnxTensor::close);
      }
    }

    float pinned() throws OrtException {
      all.put(0, row);
      bare.run(kept, Set.of(), pinned).close();
      return answer.get(0);
    }

    float predict() {
      return session.predict(Tensors.of(names, i -> Tensor.of(row[i]))).only().getFloat(0);
    }

    float predictMap() {
      Map<String, Tensor> inputs = new LinkedHashMap<>(columns * 2);
      for (int i = 0; i < columns; i++) {
        inputs.put(names.get(i), Tensor.of(row[i]));
      }
      return session.predict(Tensors.copyOf(inputs)).only().getFloat(0);
    }

    /** Frees. */
    @TearDown
    public void close() throws OrtException {
      kept.values().forEach(OnnxTensor::close);
      pinned.values().forEach(OnnxTensor::close);
      bare.close();
      session.close();
    }
  }

  @Benchmark
  public float bareFresh(Table table) throws OrtException {
    return table.fresh();
  }

  @Benchmark
  public float barePinned(Table table) throws OrtException {
    return table.pinned();
  }

  @Benchmark
  public float predict(Table table) {
    return table.predict();
  }

  @Benchmark
  public float predictMap(Table table) {
    return table.predictMap();
  }
}
