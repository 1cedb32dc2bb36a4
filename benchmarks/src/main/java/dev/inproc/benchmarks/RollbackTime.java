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
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;

/**
 * How long a rollback by hand takes while threads call: the time of {@code Rollout.rollBack}, after
 * which no call that begins gets an answer of the canary. Half of the calls go to the canary. The
 * 99th percentile is to be 1 ms at most.
 *
 * <pre>{@code
 * java -cp benchmarks/target/benchmarks.jar dev.inproc.benchmarks.RollbackTime 1000 8
 * }</pre>
 */
public final class RollbackTime {
  private RollbackTime() {}

  /** Takes the number of rollbacks and of threads that call. */
  public static void main(String[] args) throws InterruptedException {
    int rollbacks = args.length > 0 ? Integer.parseInt(args[0]) : 1_000;
    int callers = args.length > 1 ? Integer.parseInt(args[1]) : 8;
    AtomicBoolean isOver = new AtomicBoolean();
    LongAdder calls = new LongAdder();
    LongAdder late = new LongAdder();
    Histogram times = new Histogram(3);
    try (Deployment<Long, Long> deployment =
        Deployment.<Long, Long>builder((version, lane) -> lane(version.version()))
            .open(version(1))) {
      List<Thread> threads = new ArrayList<>();
      for (int t = 0; t < callers; t++) {
        Thread thread = new Thread(() -> call(deployment, isOver, calls));
        threads.add(thread);
        thread.start();
      }
      for (int i = 0; i < rollbacks; i++) {
        Rollout rollout =
            deployment.rollOut(
                RolloutPlan.<Long, Long>to(version(2 + i))
                    .withSteps(
                        new RolloutStep(0.5, Duration.ofDays(1), 0),
                        new RolloutStep(1, Duration.ZERO, 0)));
        Thread.sleep(2);
        long start = System.nanoTime();
        boolean isDone = rollout.rollBack("to time it").isDone();
        times.recordValue(System.nanoTime() - start);
        if (!isDone || deployment.predict(7L, key(i)) != 1) {
          late.increment();
        }
      }
      isOver.set(true);
      for (Thread thread : threads) {
        thread.join();
      }
    }
    System.out.printf(
        Locale.ROOT,
        "{\"rollbacks\": %d, \"callers\": %d, \"calls\": %d, \"p50Us\": %.1f, \"p99Us\": %.1f,"
            + " \"maxUs\": %.1f, \"wrong\": %d}%n",
        rollbacks,
        callers,
        calls.sum(),
        times.getValueAtPercentile(50) / 1e3,
        times.getValueAtPercentile(99) / 1e3,
        times.getMaxValue() / 1e3,
        late.sum());
  }

  private static void call(
      Deployment<Long, Long> deployment, AtomicBoolean isOver, LongAdder calls) {
    for (long i = 0; !isOver.get(); i++) {
      var unused = deployment.predict(7L, key(i));
      calls.increment();
    }
  }

  private static CallOptions key(long number) {
    return CallOptions.DEFAULT.withAffinityKey("k" + number % 10_000);
  }

  private static Predictor<Long, Long> lane(long version) {
    return new ConstantPredictor<Long, Long>(version);
  }

  private static ModelVersion version(long number) {
    return ModelVersion.of("noop", number, ModelSource.bytes("noop", new byte[1]));
  }
}
