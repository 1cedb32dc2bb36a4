package dev.inproc.benchmarks;

import dev.inproc.inference.Codec;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.tf.TensorFlowEngine;
import dev.inproc.inference.tf.testing.SavedModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
 * What a call of a SavedModel costs: a network of 16-8-1 called by one thread, with one example and
 * with 64. Every method takes {@code float[]} rows of 16 and gives fresh answers.
 *
 * <ul>
 *   <li>{@code bareRunner}, {@code bareRunner64}: TensorFlow Java's session runner with an input
 *       tensor that is kept and written in place. For one thread, unlike the library.
 *   <li>{@code bareRunnerInline}, {@code bareRunnerInline64}: the same, run on the calling thread
 *       as the library does; {@code bareFunction}, {@code bareFunction64}: the signature's
 *       function.
 *   <li>{@code predict}, {@code predictAll64}: this library, through a codec.
 * </ul>
 *
 * <pre>{@code
 * TF_CPP_MIN_LOG_LEVEL=2 java -jar benchmarks/target/benchmarks.jar TensorFlowOverhead -rf json -rff out.json
 * }</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 3, jvmArgsAppend = "-Xmx2g")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TensorFlowOverheadBenchmark {

  private static Path model() {
    try {
      Path directory = Files.createTempDirectory("inproc-benchmark-");
      directory.toFile().deleteOnExit();
      Path model = SavedModels.tinyMlp().write(directory.resolve("tiny"));
      model.toFile().deleteOnExit();
      model.resolve("saved_model.pb").toFile().deleteOnExit();
      return model;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static float[] expected(List<float[]> rows) {
    float[] expected = new float[rows.size()];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = SavedModels.tinyMlpReference(rows.get(i))[0];
    }
    return expected;
  }

  /** TensorFlow Java. */
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init") // JMH calls open()
  public static class Bare {
    final List<float[]> rows = TinyData.rows();
    final List<float[]> row = rows.subList(0, 1);
    private BareTensorFlow single;
    private BareTensorFlow batched;

    /** Loads the network and checks its answers. */
    @Setup
    public void open() {
      Path model = model();
      single = new BareTensorFlow(model, 1);
      batched = new BareTensorFlow(model, TinyData.ROWS);
      float[] expected = expected(rows);
      Answers.check("bareRunner", expected(row), single.runner(row));
      Answers.check("bareRunnerInline", expected(row), single.runnerOnCallingThread(row));
      Answers.check("bareFunction", expected(row), single.function(row));
      Answers.check("bareRunner64", expected, batched.runner(rows));
      Answers.check("bareRunnerInline64", expected, batched.runnerOnCallingThread(rows));
      Answers.check("bareFunction64", expected, batched.function(rows));
    }

    /** Frees. */
    @TearDown
    public void close() {
      single.close();
      batched.close();
    }
  }

  /** This library. */
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init") // JMH calls open()
  public static class Inproc {
    final List<float[]> rows = TinyData.rows();
    private Predictor<float[], float[]> predictor;

    /** Loads the network and checks its answers. */
    @Setup
    public void open() {
      SessionOptions options =
          SessionOptions.builder().intraOpThreads(Setting.INTRA_OP_THREADS).build();
      Session session = new TensorFlowEngine().load(ModelSource.file(model()), options);
      predictor =
          session.with(
              Codec.of(row -> Tensors.of("x", Tensor.of(row)), answer -> answer.only().toFloats()));
      float[] expected = expected(rows);
      List<float[]> single = rows.stream().map(predictor::predict).toList();
      Answers.check("predict", expected, TinyData.join(single));
      Answers.check("predictAll64", expected, TinyData.join(predictor.predictAll(rows)));
    }

    /** Frees. */
    @TearDown
    public void close() {
      predictor.close();
    }
  }

  @Benchmark
  public float[] bareRunner(Bare state) {
    return state.single.runner(state.row);
  }

  @Benchmark
  public float[] bareRunnerInline(Bare state) {
    return state.single.runnerOnCallingThread(state.row);
  }

  @Benchmark
  public float[] bareFunction(Bare state) {
    return state.single.function(state.row);
  }

  @Benchmark
  public float[] bareRunner64(Bare state) {
    return state.batched.runner(state.rows);
  }

  @Benchmark
  public float[] bareRunnerInline64(Bare state) {
    return state.batched.runnerOnCallingThread(state.rows);
  }

  @Benchmark
  public float[] bareFunction64(Bare state) {
    return state.batched.function(state.rows);
  }

  @Benchmark
  public float[] predict(Inproc state) {
    return state.predictor.predict(state.rows.get(0));
  }

  @Benchmark
  public List<float[]> predictAll64(Inproc state) {
    return state.predictor.predictAll(state.rows);
  }
}
