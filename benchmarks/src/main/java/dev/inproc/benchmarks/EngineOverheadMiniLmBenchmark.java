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
 * What a batch costs beside the computing: MiniLM in FP32, 32 texts of 16 tokens, one thread. Both
 * sides give every token's vector of every text: one array a text ({@code barePinnedMiniLm32}, with
 * all tensors kept), one {@link Tensors} a text ({@code predictAllMiniLm32}).
 *
 * <pre>{@code
 * java -jar benchmarks/target/benchmarks.jar EngineOverheadMiniLm -rf json -rff out.json
 * }</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 3, jvmArgsAppend = "-Xmx2g")
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
public class EngineOverheadMiniLmBenchmark {
  private static final int TOKENS = 16;

  /** ONNX Runtime's own binding. */
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init") // JMH calls open()
  public static class Bare {
    final List<long[]> texts = MiniLm.texts(MiniLm.TEXTS, TOKENS);
    private BareMiniLm bare;

    /** Loads the model; the two bare ways must agree. */
    @Setup
    public void open() throws OrtException {
      bare = new BareMiniLm();
      float[][] alone = new float[texts.size()][];
      for (int i = 0; i < alone.length; i++) {
        alone[i] = bare.exact(List.of(texts.get(i)))[0];
      }
      Answers.check("barePinnedMiniLm32", alone, bare.padded(texts));
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
    private final List<long[]> texts = MiniLm.texts(MiniLm.TEXTS, TOKENS);
    final List<Tensors> examples = texts.stream().map(MiniLm::encode).toList();
    private Session session;

    /** Loads the model and checks its answers against the bare ones. */
    @Setup
    public void open() throws OrtException {
      session = Setting.session(MiniLm.model(), SessionOptions.builder());
      try (BareMiniLm bare = new BareMiniLm()) {
        float[][] answers = MiniLm.decode(session.predictAll(examples));
        Answers.check("predictAllMiniLm32", bare.padded(texts), answers);
      }
    }

    /** Frees. */
    @TearDown
    public void close() {
      session.close();
    }
  }

  @Benchmark
  public float[][] barePinnedMiniLm32(Bare state) throws OrtException {
    return state.bare.padded(state.texts);
  }

  @Benchmark
  public List<Tensors> predictAllMiniLm32(Inproc state) {
    return state.session.predictAll(state.examples);
  }
}
