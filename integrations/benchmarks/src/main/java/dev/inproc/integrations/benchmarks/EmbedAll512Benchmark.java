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
 * Lists of 512 texts, one call a list, with all-MiniLM-L6-v2. Texts a second. {@link
 * EmbeddingServiceBenchmark} explains the methods; {@code langchain4jOneByOne} and {@code
 * langchain4jInt8OneByOne} give LangChain4j's own model an executor of one thread instead of one
 * thread a processor, since each run has the engine's threads already. The better counts.
 *
 * <pre>{@code
 * java -jar integrations/benchmarks/target/benchmarks.jar EmbedAll512 -rf json -rff out.json
 * }</pre>
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(value = 3, jvmArgsAppend = "-Xmx3g")
@Warmup(iterations = 2, time = 3)
@Measurement(iterations = 3, time = 3)
public class EmbedAll512Benchmark {
  private static final int TEXTS = 512;

  /** One service. */
  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init") // JMH calls open()
  public abstract static class Load {
    @Param({"short", "mixed"})
    String texts = "short";

    @Param("0")
    int engineThreads;

    private final IntFunction<EmbeddingService> loader;
    private List<String> all;
    private EmbeddingService service;

    Load(IntFunction<EmbeddingService> loader) {
      this.loader = loader;
    }

    /** Loads the model. */
    @Setup(Level.Trial)
    public void open() {
      all = Sentences.of(texts, TEXTS);
      service = loader.apply(engineThreads);
    }

    List<float[]> call() {
      return service.embedAll(all);
    }

    /** Frees the model. */
    @TearDown(Level.Trial)
    public void close() {
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

  /** LangChain4j's own, FP32, with an executor of one thread. */
  public static class LangChain4jOneByOne extends Load {
    /** Made by JMH. */
    public LangChain4jOneByOne() {
      super(Services::langChain4jOneByOne);
    }
  }

  /** LangChain4j's own, INT8 as shipped. */
  public static class LangChain4jInt8 extends Load {
    /** Made by JMH. */
    public LangChain4jInt8() {
      super(Services::langChain4jInt8);
    }
  }

  /** LangChain4j's own, INT8 as shipped, with an executor of one thread. */
  public static class LangChain4jInt8OneByOne extends Load {
    /** Made by JMH. */
    public LangChain4jInt8OneByOne() {
      super(Services::langChain4jInt8OneByOne);
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
  @OperationsPerInvocation(TEXTS)
  public List<float[]> inproc(Inproc load) {
    return load.call();
  }

  @Benchmark
  @OperationsPerInvocation(TEXTS)
  public List<float[]> inprocInt8(InprocInt8 load) {
    return load.call();
  }

  @Benchmark
  @OperationsPerInvocation(TEXTS)
  public List<float[]> langchain4j(LangChain4j load) {
    return load.call();
  }

  @Benchmark
  @OperationsPerInvocation(TEXTS)
  public List<float[]> langchain4jOneByOne(LangChain4jOneByOne load) {
    return load.call();
  }

  @Benchmark
  @OperationsPerInvocation(TEXTS)
  public List<float[]> langchain4jInt8(LangChain4jInt8 load) {
    return load.call();
  }

  @Benchmark
  @OperationsPerInvocation(TEXTS)
  public List<float[]> langchain4jInt8OneByOne(LangChain4jInt8OneByOne load) {
    return load.call();
  }

  @Benchmark
  @OperationsPerInvocation(TEXTS)
  public List<float[]> springAi(SpringAi load) {
    return load.call();
  }
}
