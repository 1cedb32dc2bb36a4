package dev.inproc.benchmarks;

import ai.onnxruntime.OrtException;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.Tensors;
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
 * Padding against splitting: MiniLM in FP32, 32 texts of 4 to 128 tokens, one thread. Every side
 * gives the vectors of each text's own tokens.
 *
 * <ul>
 *   <li>{@code exactLengthsMixed}: ONNX Runtime, one run for each length that occurs.
 *   <li>{@code padLongestMixed}: ONNX Runtime, one run, all padded to the longest.
 *   <li>{@code predictAllMixed}: this library, which plans the runs by the costs that it learned.
 *       It learns in its set-up, from the same texts.
 * </ul>
 *
 * <pre>{@code
 * java -jar benchmarks/target/benchmarks.jar EngineOverheadMixed -rf json -rff out.json
 * }</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 3, jvmArgsAppend = "-Xmx2g")
@Warmup(iterations = 1, time = 4)
@Measurement(iterations = 5, time = 3)
public class EngineOverheadMixedBenchmark {

  /** ONNX Runtime's own binding. */
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init") // JMH calls open()
  public static class Bare {
    final List<long[]> texts = MiniLm.mixedTexts();
    private BareMiniLm bare;

    /** Loads the model; the two bare ways must agree. */
    @Setup
    public void open() throws OrtException {
      bare = new BareMiniLm();
      Answers.check("padLongestMixed", bare.exact(texts), bare.padded(texts));
    }

    /** Frees. */
    @TearDown
    public void close() throws OrtException {
      bare.close();
    }
  }

  /** This library. */
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init") // JMH calls open()
  public static class Inproc {
    private final List<long[]> texts = MiniLm.mixedTexts();
    final List<Tensors> examples = texts.stream().map(MiniLm::encode).toList();
    int learningRounds = 10;
    private Session session;

    /** Loads the model, lets it learn, and checks its answers against the bare ones. */
    @Setup
    public void open() throws OrtException {
      session =
          Setting.session(
              MiniLm.model(),
              SessionOptions.builder().pad(MiniLm.IDS, 0).pad(MiniLm.MASK, 0).pad(MiniLm.TYPES, 0));
      float[][] expected;
      try (BareMiniLm bare = new BareMiniLm()) {
        expected = bare.exact(texts);
      }
      for (int i = 0; i < learningRounds; i++) {
        float[][] answers = MiniLm.decode(session.predictAll(examples));
        Answers.check("predictAllMixed", expected, answers);
      }
    }

    /** Frees. */
    @TearDown
    public void close() {
      session.close();
    }
  }

  @Benchmark
  public float[][] exactLengthsMixed(Bare state) throws OrtException {
    return state.bare.exact(state.texts);
  }

  @Benchmark
  public float[][] padLongestMixed(Bare state) throws OrtException {
    return state.bare.padded(state.texts);
  }

  @Benchmark
  public List<Tensors> predictAllMixed(Inproc state) {
    return state.session.predictAll(state.examples);
  }
}
