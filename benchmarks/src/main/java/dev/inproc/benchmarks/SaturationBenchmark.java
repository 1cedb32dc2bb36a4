package dev.inproc.benchmarks;

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
 * How much an engine answers when it always has something to do: by {@code callers} threads that
 * block, each asking again as soon as it has its answer, or ({@code callers=async}) by one thread
 * that keeps 256 calls in flight in a {@link Ring}. Calls a second.
 *
 * <pre>{@code
 * java -jar benchmarks/target/benchmarks.jar Saturation -rf json -rff out.json
 * }</pre>
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(value = 10, jvmArgsAppend = "-Xmx1g")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 2, time = 1)
public class SaturationBenchmark {
  private static final int CALLS = 2048;

  /** One engine, shared in one way, and those who call it. */
  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init") // JMH calls open()
  public abstract static class Load {
    @Param({"noop", "affine", "tiny", "wide"})
    String engine;

    @Param({"async", "1", "4", "16", "64"})
    String callers;

    private final String way;
    private SharedEngine<?> shared;
    private Callers load;

    Load(String way) {
      this.way = way;
    }

    /** Makes it. */
    @Setup(Level.Trial)
    public void open() {
      shared = SharedEngine.of(engine, way);
      load =
          callers.equals("async")
              ? new Ring(shared::submit)
              : new CallerThreads(Integer.parseInt(callers), shared::call);
    }

    long calls() {
      return load.call(CALLS);
    }

    /** Frees it. */
    @TearDown(Level.Trial)
    public void close() {
      load.close();
      shared.close();
    }
  }

  /** The engine itself. */
  public static class Direct extends Load {
    /** Made by JMH. */
    public Direct() {
      super("direct");
    }
  }

  /** This library's batcher. */
  public static class Batched extends Load {
    /** Made by JMH. */
    public Batched() {
      super("batched");
    }
  }

  /** A baseline. */
  public static class FixedDelay extends Load {
    /** Made by JMH. */
    public FixedDelay() {
      super("fixedDelay");
    }
  }

  /** A baseline. */
  public static class QueueAndThread extends Load {
    /** Made by JMH. */
    public QueueAndThread() {
      super("queueAndThread");
    }
  }

  @Benchmark
  @OperationsPerInvocation(CALLS)
  public long direct(Direct load) {
    return load.calls();
  }

  @Benchmark
  @OperationsPerInvocation(CALLS)
  public long batched(Batched load) {
    return load.calls();
  }

  @Benchmark
  @OperationsPerInvocation(CALLS)
  public long fixedDelay(FixedDelay load) {
    return load.calls();
  }

  @Benchmark
  @OperationsPerInvocation(CALLS)
  public long queueAndThread(QueueAndThread load) {
    return load.calls();
  }
}
