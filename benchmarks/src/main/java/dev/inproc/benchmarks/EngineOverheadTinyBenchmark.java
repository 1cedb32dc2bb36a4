package dev.inproc.benchmarks;

import ai.djl.MalformedModelException;
import ai.djl.translate.TranslateException;
import ai.onnxruntime.OrtException;
import dev.inproc.inference.Codec;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a call costs beside the computing: a network of 16-8-1 (a microsecond or two of ONNX
 * Runtime) called by one thread, with one example and with 64. Every method takes {@code float[]}
 * rows of 16 and gives fresh {@code float[]} answers.
 *
 * <ul>
 *   <li>{@code bareFresh}: ONNX Runtime with a tensor made for each call over a direct buffer that
 *       is kept; {@code barePinned}, {@code barePinned64}: input tensor, output tensor and maps
 *       kept. For one thread: neither is safe to share, unlike the others.
 *   <li>{@code predict}, {@code predictAll64}: this library, through a codec; {@code
 *       predictAllTensors64}: without a codec, from tensors to tensors.
 *   <li>{@code djlPredict}, {@code djlBatchPredict64}: DJL's typed predictor; {@code djlWhole64}:
 *       with a translator that does its own batching.
 * </ul>
 *
 * <pre>{@code
 * java -jar benchmarks/target/benchmarks.jar EngineOverheadTiny -rf json -rff out.json
 * }</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 3, jvmArgsAppend = "-Xmx2g")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class EngineOverheadTinyBenchmark {

  /** ONNX Runtime's own binding. */
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init") // JMH calls open()
  public static class Bare {
    final List<float[]> rows = TinyData.rows();
    private BareNetwork single;
    private BareNetwork batched;

    /** Loads the network and checks its answers. */
    @Setup
    public void open() throws OrtException {
      single = BareNetwork.tiny(1);
      batched = BareNetwork.tiny(TinyData.ROWS);
      float[] expected = TinyData.answers(rows);
      List<float[]> fresh = new ArrayList<>();
      List<float[]> pinned = new ArrayList<>();
      for (float[] row : rows) {
        fresh.add(single.fresh(row));
        pinned.add(single.pinned(row));
      }
      Answers.check("bareFresh", expected, TinyData.join(fresh));
      Answers.check("barePinned", expected, TinyData.join(pinned));
      Answers.check("barePinned64", expected, batched.pinned(rows));
    }

    /** Frees. */
    @TearDown
    public void close() throws OrtException {
      single.close();
      batched.close();
    }
  }

  /** This library. */
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init") // JMH calls open()
  public static class Inproc {
    final List<float[]> rows = TinyData.rows();
    final List<Tensors> tensors = rows.stream().map(Inproc::encode).toList();
    private Session session;
    private Predictor<float[], float[]> predictor;

    private static Tensors encode(float[] row) {
      return Tensors.of("x", Tensor.of(row));
    }

    private static float[] decode(Tensors answer) {
      return answer.only().toFloats();
    }

    /** Loads the network and checks its answers. */
    @Setup
    public void open() {
      session = Setting.session(Models.tinyMlp(), SessionOptions.builder());
      predictor = session.with(Codec.of(Inproc::encode, Inproc::decode));
      float[] expected = TinyData.answers(rows);
      List<float[]> single = rows.stream().map(predictor::predict).toList();
      List<float[]> raw = session.predictAll(tensors).stream().map(Inproc::decode).toList();
      Answers.check("predict", expected, TinyData.join(single));
      Answers.check("predictAll64", expected, TinyData.join(predictor.predictAll(rows)));
      Answers.check("predictAllTensors64", expected, TinyData.join(raw));
    }

    /** Frees. */
    @TearDown
    public void close() {
      predictor.close();
    }
  }

  /** DJL. */
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init") // JMH calls open()
  public static class Djl {
    final List<float[]> rows = TinyData.rows();
    private DjlTiny djl;

    /** Loads the network and checks its answers. */
    @Setup
    public void open()
        throws OrtException, IOException, MalformedModelException, TranslateException {
      djl = new DjlTiny();
      float[] expected = TinyData.answers(rows);
      List<float[]> single = new ArrayList<>();
      for (float[] row : rows) {
        single.add(djl.predict(row));
      }
      Answers.check("djlPredict", expected, TinyData.join(single));
      Answers.check("djlBatchPredict64", expected, TinyData.join(djl.batchPredict(rows)));
      Answers.check("djlWhole64", expected, TinyData.join(djl.batchPredictWhole(rows)));
    }

    /** Frees. */
    @TearDown
    public void close() {
      djl.close();
    }
  }

  @Benchmark
  public float[] bareFresh(Bare state) throws OrtException {
    return state.single.fresh(state.rows.get(0));
  }

  @Benchmark
  public float[] barePinned(Bare state) throws OrtException {
    return state.single.pinned(state.rows.get(0));
  }

  @Benchmark
  public float[] barePinned64(Bare state) throws OrtException {
    return state.batched.pinned(state.rows);
  }

  @Benchmark
  public float[] predict(Inproc state) {
    return state.predictor.predict(state.rows.get(0));
  }

  @Benchmark
  public List<float[]> predictAll64(Inproc state) {
    return state.predictor.predictAll(state.rows);
  }

  @Benchmark
  public List<Tensors> predictAllTensors64(Inproc state) {
    return state.session.predictAll(state.tensors);
  }

  @Benchmark
  public float[] djlPredict(Djl state) throws TranslateException {
    return state.djl.predict(state.rows.get(0));
  }

  @Benchmark
  public List<float[]> djlBatchPredict64(Djl state) throws TranslateException {
    return state.djl.batchPredict(state.rows);
  }

  @Benchmark
  public List<float[]> djlWhole64(Djl state) throws TranslateException {
    return state.djl.batchPredictWhole(state.rows);
  }
}
