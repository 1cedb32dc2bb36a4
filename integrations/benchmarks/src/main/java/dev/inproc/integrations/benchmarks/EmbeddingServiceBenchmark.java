package dev.inproc.integrations.benchmarks;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
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
 * Callers that embed single texts and block on each, with all-MiniLM-L6-v2. Texts a second.
 *
 * <ul>
 *   <li>{@code inproc}: this library with its defaults, through LangChain4j's interface.
 *   <li>{@code inprocInt8}: the same, the model quantized to row-wise INT8.
 *   <li>{@code langchain4j}: LangChain4j's own in-process model.
 *   <li>{@code langchain4jInt8}: its INT8 model, as shipped.
 *   <li>{@code springAi}: Spring AI's own, through Spring AI's interface.
 * </ul>
 *
 * <p>Parameters: {@code callers}, how many threads call; {@code texts}, their lengths ({@link
 * Sentences}); {@code engineThreads}, the threads within a run, where 0 leaves each with its
 * default, which is all processors for each of them. Another number gives LangChain4j's model a
 * session that its application makes, with threads that do not spin; Spring AI's has no such
 * option.
 *
 * <pre>{@code
 * java -jar integrations/benchmarks/target/benchmarks.jar EmbeddingService -rf json -rff out.json
 * }</pre>
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(value = 3, jvmArgsAppend = "-Xmx2g")
@Warmup(iterations = 2, time = 3)
@Measurement(iterations = 3, time = 3)
public class EmbeddingServiceBenchmark {
  private static final int CALLS = 64;
  private static final int TEXTS = 512;

  /** One service and its callers. */
  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init") // JMH calls open()
  public abstract static class Load {
    @Param({"1", "8", "16"})
    int callers = 1;

    @Param({"short", "mixed"})
    String texts = "short";

    @Param("0")
    int engineThreads;

    private final IntFunction<EmbeddingService> loader;
    private EmbeddingService service;
    private Callers load;

    Load(IntFunction<EmbeddingService> loader) {
      this.loader = loader;
    }

    /** Loads the model and starts the callers. */
    @Setup(Level.Trial)
    public void open() {
      List<String> all = Sentences.of(texts, TEXTS);
      service = loader.apply(engineThreads);
      load = new Callers(callers, number -> embed(all.get(number % TEXTS)));
    }

    private void embed(String text) {
      if (service.embed(text).length == 0) {
        throw new IllegalStateException("An empty vector");
      }
    }

    long calls() {
      return load.call(CALLS);
    }

    /** Stops the callers and frees the model. */
    @TearDown(Level.Trial)
    public void close() {
      load.close();
      service.close();
    }
  }

  /** This library, FP32. */
  public static class Inproc extends Load {
    /** Made by JMH. */
    public Inproc() {
      super(Services::inproc);
    }
  }

  /** This library, row-wise INT8. */
  public static class InprocInt8 extends Load {
    /** Made by JMH. */
    public InprocInt8() {
      super(Services::inprocInt8);
    }
  }

  /** LangChain4j's own, FP32. */
  public static class LangChain4j extends Load {
    /** Made by JMH. */
    public LangChain4j() {
      super(Services::langChain4j);
    }
  }

  /** LangChain4j's own, INT8 as shipped. */
  public static class LangChain4jInt8 extends Load {
    /** Made by JMH. */
    public LangChain4jInt8() {
      super(Services::langChain4jInt8);
    }
  }

  /** Spring AI's own, FP32. */
  public static class SpringAi extends Load {
    /** Made by JMH. */
    public SpringAi() {
      super(Services::springAi);
    }
  }

  @Benchmark
  @OperationsPerInvocation(CALLS)
  public long inproc(Inproc load) {
    return load.calls();
  }

  @Benchmark
  @OperationsPerInvocation(CALLS)
  public long inprocInt8(InprocInt8 load) {
    return load.calls();
  }

  @Benchmark
  @OperationsPerInvocation(CALLS)
  public long langchain4j(LangChain4j load) {
    return load.calls();
  }

  @Benchmark
  @OperationsPerInvocation(CALLS)
  public long langchain4jInt8(LangChain4jInt8 load) {
    return load.calls();
  }

  @Benchmark
  @OperationsPerInvocation(CALLS)
  public long springAi(SpringAi load) {
    return load.calls();
  }
}
