package dev.inproc.benchmarks;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.monitoring.Metering;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What figures cost a call: a blocking call of an engine that does nothing, and the same call
 * through {@link Metering}. {@code clock} is the two clock readings that any timing needs. Run it
 * with {@code -prof gc}: {@code metered} allocates nothing.
 *
 * <pre>{@code
 * java -jar benchmarks/target/benchmarks.jar MeteringBenchmark -prof gc
 * }</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 10, jvmArgsAppend = "-Xmx1g")
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 2, time = 1)
@State(Scope.Benchmark)
public class MeteringBenchmark {
  private final Predictor<Long, Long> bare = new ConstantPredictor<Long, Long>(7L);
  private final Predictor<Long, Long> metered =
      new ConstantPredictor<Long, Long>(7L).with(Metering.named("benchmark"));
  private final Long input = 7L;

  @Benchmark
  public Object bare() {
    return bare.predict(input);
  }

  @Benchmark
  public Object metered() {
    return metered.predict(input);
  }

  @Benchmark
  public long clock() {
    long start = System.nanoTime();
    return System.nanoTime() - start;
  }
}
