package dev.inproc.benchmarks;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.deploy.Deployment;
import dev.inproc.inference.deploy.Rollout;
import dev.inproc.inference.deploy.RolloutPlan;
import dev.inproc.inference.deploy.RolloutStep;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.model.ModelVersion;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * What a {@link Deployment} costs a call: a blocking call of a model that does nothing, {@code
 * lane}, and the same call through a deployment that has switched once, {@code deployed}. The
 * difference is to be 30 ns at most. Run it with {@code -prof gc}: {@code deployed} allocates
 * nothing.
 *
 * <p>{@code deployedCanaryKey} is {@code deployed} with a key while a canary takes half of the keys
 * and a control lane the other half: each call is hashed, routed, timed and counted. It is to cost
 * 100 ns over {@code laneKey} at most. {@code deployedStableKey} is a call that stays with the
 * stable lane.
 *
 * <p>{@code lane2} and {@code deployed2} are two callers of a model that computes for about a
 * microsecond: the second is to take 1.05 times as long as the first at most.
 *
 * <p>{@code switched} is {@code deployed} after 10 and after 10,000 switches; the times are to
 * differ by less than a twentieth.
 *
 * <pre>{@code
 * java -jar benchmarks/target/benchmarks.jar DeploymentBenchmark -prof gc
 * }</pre>
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 10, jvmArgsAppend = "-Xmx1g")
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 2, time = 1)
@State(Scope.Benchmark)
public class DeploymentBenchmark {
  private final Predictor<Long, Long> lane = new ConstantPredictor<Long, Long>(7L);
  private final Deployment<Long, Long> deployment = made(1);
  private final Long input = 7L;
  private final Predictor<Long, Long> busyLane = new BusyPredictor();
  private final Deployment<Long, Long> busyDeployment =
      Deployment.<Long, Long>builder((version, context) -> new BusyPredictor()).open(version(1));

  /** A model that computes for about a microsecond. */
  private static final class BusyPredictor implements Predictor<Long, Long> {
    private static final int TOKENS = 500;

    @Override
    public Long predict(Long input, CallOptions options) {
      Blackhole.consumeCPU(TOKENS);
      return input;
    }

    @Override
    public CompletableFuture<Long> submit(Long input, CallOptions options) {
      return CompletableFuture.completedFuture(predict(input, options));
    }

    @Override
    public List<Long> predictAll(List<Long> inputs, CallOptions options) {
      return inputs.stream().map(input -> predict(input, options)).toList();
    }

    @Override
    public void close() {}
  }

  private final CallOptions key = CallOptions.DEFAULT.withAffinityKey("user-0123456789");
  private final Deployment<Long, Long> halved = rollingOut(0.5);
  private final Deployment<Long, Long> mostlyStable = rollingOut(1e-6);

  private static Deployment<Long, Long> rollingOut(double share) {
    Deployment<Long, Long> deployment = made(0);
    Rollout unused =
        deployment.rollOut(
            RolloutPlan.<Long, Long>to(version(2))
                .withSteps(
                    new RolloutStep(share, Duration.ofDays(1), 0),
                    new RolloutStep(1, Duration.ZERO, 0)));
    return deployment;
  }

  private static Deployment<Long, Long> made(int switches) {
    Deployment<Long, Long> made =
        Deployment.<Long, Long>builder((version, context) -> new ConstantPredictor<>(7L))
            .keepWarm(Duration.ZERO)
            .open(version(1));
    for (int i = 0; i < switches; i++) {
      if (!made.switchTo(version(i + 2))) {
        throw new IllegalStateException("Expected a switch to " + version(i + 2));
      }
    }
    return made;
  }

  /** A deployment that has switched so many times. */
  @State(Scope.Benchmark)
  public static class Switched {
    @Param({"10", "10000"})
    int switches;

    private Deployment<Long, Long> deployment = made(0); // until it is set up

    @Setup
    public void set() {
      deployment.close();
      deployment = made(switches);
    }

    @TearDown
    public void close() {
      deployment.close();
    }
  }

  @Benchmark
  public Object switched(Switched state) {
    return state.deployment.predict(input);
  }

  private static ModelVersion version(long number) {
    return ModelVersion.of("noop", number, ModelSource.bytes("noop", new byte[1]));
  }

  @TearDown
  public void close() {
    deployment.close();
    busyDeployment.close();
    halved.close();
    mostlyStable.close();
  }

  @Benchmark
  public Object lane() {
    return lane.predict(input);
  }

  @Benchmark
  public Object deployed() {
    return deployment.predict(input);
  }

  @Benchmark
  public Object laneKey() {
    return lane.predict(input, key);
  }

  @Benchmark
  public Object deployedCanaryKey() {
    return halved.predict(input, key);
  }

  @Benchmark
  public Object deployedStableKey() {
    return mostlyStable.predict(input, key);
  }

  @Benchmark
  @Threads(2)
  public Object lane2() {
    return busyLane.predict(input);
  }

  @Benchmark
  @Threads(2)
  public Object deployed2() {
    return busyDeployment.predict(input);
  }
}
