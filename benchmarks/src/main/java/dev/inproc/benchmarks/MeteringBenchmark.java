package dev.inproc.benchmarks;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.metrics.CallRecorder;
import dev.inproc.inference.monitoring.Metering;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What figures cost a call: a blocking call of an engine that does nothing, and the same call
 * through {@link Metering}. {@code clock} is the two clock readings that any timing needs. Run it
 * with {@code -prof gc}: {@code metered} allocates nothing.
 *
 * <p>{@code snapshot} is what a reader pays for a layer with eight recording threads, whose
 * latencies are spread from 100 ns to 10 s. {@code bareSubmit} and {@code meteredSubmit} are calls
 * to a batcher over the same engine, {@value #IN_FLIGHT} at a time, by future and back.
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
  private static final int IN_FLIGHT = 64;

  private final Predictor<Long, Long> bare = new ConstantPredictor<Long, Long>(7L);
  private final Predictor<Long, Long> metered =
      new ConstantPredictor<Long, Long>(7L).with(Metering.named("benchmark"));
  private final Long input = 7L;
  private final Predictor<Long, Long> batched = AffineEngine.named("noop").with(Batching.upTo(32));
  private final Predictor<Long, Long> meteredBatched =
      batched.borrowed().with(Metering.named("batched"));
  private final CallRecorder wide = new CallRecorder();
  private final List<CompletableFuture<Long>> inFlight = new ArrayList<>(IN_FLIGHT);

  /** Records on threads that end: their slots stay as they are. */
  @Setup
  public void record() throws InterruptedException {
    for (int t = 0; t < 8; t++) {
      SplittableRandom random = new SplittableRandom(t);
      Thread thread =
          new Thread(
              () -> {
                for (int i = 0; i < 20_000; i++) {
                  wide.begin(1);
                  wide.answered((long) (100 * Math.pow(1e8, random.nextDouble())), 1);
                }
              });
      thread.start();
      thread.join();
    }
  }

  @TearDown
  public void close() {
    batched.close();
  }

  @Benchmark
  public Object bare() {
    return bare.predict(input);
  }

  @Benchmark
  public Object metered() {
    return metered.predict(input);
  }

  @Benchmark
  public Object snapshot() {
    return wide.snapshot();
  }

  @Benchmark
  @OperationsPerInvocation(IN_FLIGHT)
  public long bareSubmit() {
    return submit(batched);
  }

  @Benchmark
  @OperationsPerInvocation(IN_FLIGHT)
  public long meteredSubmit() {
    return submit(meteredBatched);
  }

  private long submit(Predictor<Long, Long> predictor) {
    inFlight.clear();
    for (int i = 0; i < IN_FLIGHT; i++) {
      inFlight.add(predictor.submit(input));
    }
    long sum = 0;
    for (CompletableFuture<Long> call : inFlight) {
      sum += call.join();
    }
    return sum;
  }

  @Benchmark
  public long clock() {
    long start = System.nanoTime();
    return System.nanoTime() - start;
  }
}
