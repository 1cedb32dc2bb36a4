package dev.inproc.benchmarks;

import dev.inproc.inference.CallOptions;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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
 * What batching costs a caller who is alone: one thread, one blocking call after the other. {@code
 * direct} is the engine itself. {@code batchedDeadline} (a minute) and {@code batchedSubmit} wait
 * for a worker, since a call that may have to be released cannot run on its caller's thread.
 * Average times, since reading the clock costs as much as a call of the no-op engine.
 *
 * <pre>{@code
 * java -jar benchmarks/target/benchmarks.jar LoneCaller -rf json -rff out.json
 * }</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 10, jvmArgsAppend = "-Xmx1g")
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 2, time = 1)
public class LoneCallerBenchmark {
  private static final CallOptions MINUTE = CallOptions.timeout(Duration.ofMinutes(1));

  /** One engine, shared in one way. */
  @State(Scope.Benchmark)
  @SuppressWarnings("NullAway.Init") // JMH calls open()
  public abstract static class Shared {
    @Param({"noop", "affine", "tiny"})
    String engine;

    private final String way;
    SharedEngine<?> shared;

    Shared(String way) {
      this.way = way;
    }

    /** Makes it. */
    @Setup(Level.Trial)
    public void open() {
      shared = SharedEngine.of(engine, way);
    }

    /** Frees it. */
    @TearDown(Level.Trial)
    public void close() {
      shared.close();
    }
  }

  /** The engine itself. */
  public static class Direct extends Shared {
    /** Made by JMH. */
    public Direct() {
      super("direct");
    }
  }

  /** This library's batcher. */
  public static class Batched extends Shared {
    /** Made by JMH. */
    public Batched() {
      super("batched");
    }
  }

  /** A baseline. */
  public static class FixedDelay extends Shared {
    /** Made by JMH. */
    public FixedDelay() {
      super("fixedDelay");
    }
  }

  /** A baseline. */
  public static class QueueAndThread extends Shared {
    /** Made by JMH. */
    public QueueAndThread() {
      super("queueAndThread");
    }
  }

  @Benchmark
  public Object direct(Direct state) {
    return state.shared.call();
  }

  @Benchmark
  public Object batched(Batched state) {
    return state.shared.call();
  }

  @Benchmark
  public Object batchedDeadline(Batched state) {
    return state.shared.call(MINUTE);
  }

  @Benchmark
  public Object batchedSubmit(Batched state) {
    return state.shared.submit().join();
  }

  @Benchmark
  public Object fixedDelay(FixedDelay state) {
    return state.shared.call();
  }

  @Benchmark
  public Object queueAndThread(QueueAndThread state) {
    return state.shared.call();
  }
}
