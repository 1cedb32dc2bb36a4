package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Codec;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.deploy.Deployment;
import dev.inproc.inference.deploy.LaneContext;
import dev.inproc.inference.deploy.Rollout;
import dev.inproc.inference.deploy.RolloutMetrics;
import dev.inproc.inference.deploy.RolloutPlan;
import dev.inproc.inference.deploy.RolloutState;
import dev.inproc.inference.deploy.RolloutStep;
import dev.inproc.inference.deploy.RolloutTrigger;
import dev.inproc.inference.deploy.TriggerAction;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.model.ModelVersion;
import dev.inproc.inference.onnx.testing.Attributes;
import dev.inproc.inference.onnx.testing.GraphBuilder;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;

/** Canaries of real models under callers. */
class RolloutTest {
  private static final int STEP = 1_000;
  private static final int FAILS = 3;

  private static final Codec<Integer, Integer> NUMBERS =
      new Codec<>() {
        @Override
        public Tensors encode(Integer input) {
          return Tensors.of("x", Tensor.of(new float[] {input}));
        }

        @Override
        public Integer decode(Tensors outputs) {
          return Math.round(outputs.only().toFloats()[0]);
        }
      };

  private final AtomicInteger loads = new AtomicInteger();

  /**
   * x [batch,1] to x plus a thousand times the version; version 3 looks up a table of one entry.
   */
  private static ModelVersion version(long version) {
    int number = DataType.FLOAT_VALUE;
    GraphBuilder graph =
        new GraphBuilder("numbered").input("x", number, "batch,1").output("y", number, "batch,1");
    graph =
        version == FAILS
            ? graph
                .initializer("table", new float[] {0}, 1)
                .node("Cast", "x -> i", Attributes.integer("to", 7))
                .node("Gather", "table i -> y")
            : graph.initializer("step", new float[] {STEP * version}, 1).node("Add", "x step -> y");
    return ModelVersion.of("numbered", version, ModelSource.bytes("numbered", graph.build()));
  }

  private Predictor<Integer, Integer> lane(ModelVersion version, LaneContext lane)
      throws Exception {
    SessionOptions options =
        SessionOptions.builder().intraOpThreads(1).integrity(IntegrityOptions.skip()).build();
    return lane.session(
            () -> {
              loads.incrementAndGet();
              return new OnnxEngine().load(version.source(), options);
            })
        .with(Batching.upTo(8))
        .with(NUMBERS);
  }

  private static RolloutPlan<Integer, Integer> plan(long version, Duration step) {
    return RolloutPlan.<Integer, Integer>to(version(version))
        .withSteps(
            new RolloutStep(0.2, step, 0),
            new RolloutStep(0.5, step, 0),
            new RolloutStep(1, Duration.ZERO, 0))
        .withBake(step)
        .withScore(Integer::doubleValue)
        .withAction(RolloutTrigger.PREDICTIONS, TriggerAction.OFF)
        .withAction(RolloutTrigger.LATENCY, TriggerAction.NOTIFY);
  }

  /** Calls from four threads, by all methods, until told otherwise. */
  private static final class Callers {
    private final AtomicBoolean isOver = new AtomicBoolean();
    private final AtomicReference<Throwable> wrong = new AtomicReference<>();
    private final LongAdder failed = new LongAdder();
    private final LongAdder answered = new LongAdder();
    private final List<Thread> threads = new ArrayList<>();

    Callers(Deployment<Integer, Integer> deployment) {
      for (int t = 0; t < 4; t++) {
        int kind = t;
        Thread thread = new Thread(() -> call(deployment, kind));
        threads.add(thread);
        thread.start();
      }
    }

    private void call(Deployment<Integer, Integer> deployment, int kind) {
      for (int i = 1; !isOver.get(); i++) {
        int input = 1 + i % (STEP - 10);
        CallOptions options =
            i % 2 == 0 ? CallOptions.DEFAULT : CallOptions.DEFAULT.withAffinityKey("k" + i);
        try {
          switch (kind) {
            case 0 -> check(input, deployment.predict(input, options));
            case 1 -> check(input, deployment.submit(input, options).join());
            case 2 -> check(input, deployment.predictAll(List.of(input), options).get(0));
            default -> check(input, deployment.answers().predict(input, options).value());
          }
          answered.increment();
        } catch (EngineException | CompletionException e) {
          failed.increment();
        } catch (Throwable e) {
          wrong.compareAndSet(null, e);
          return;
        }
      }
    }

    private static void check(int input, int answer) {
      assertEquals(input, answer % STEP);
    }

    void end() {
      isOver.set(true);
      threads.forEach(Await::end);
      if (wrong.get() != null) {
        throw new AssertionError("a call went wrong", wrong.get());
      }
    }
  }

  @Test
  void canary_thatFailsEachRun_goesBackByItself() {
    try (Deployment<Integer, Integer> deployment =
        Deployment.builder(this::lane).open(version(1))) {
      Rollout rollout = deployment.rollOut(plan(FAILS, Duration.ofHours(1)));
      assertEquals(2, loads.get()); // the control lane has borrowed a session
      Callers callers = new Callers(deployment);
      RolloutMetrics end = Await.value(rollout.ended().toCompletableFuture());
      long failedUntilThen = callers.failed.sum();
      Await.until("calls after that", () -> callers.answered.sum() > 5_000);
      callers.end();
      assertEquals(RolloutState.ROLLED_BACK, end.state());
      RolloutMetrics.RolloutAlarm alarm = end.alarms().get(end.alarms().size() - 1);
      assertEquals(RolloutTrigger.ERRORS, alarm.trigger());
      assertTrue(alarm.canaryVotes() <= 15, end::toString);
      assertTrue(callers.failed.sum() <= failedUntilThen + 8, "calls failed after the way back");
      assertEquals(STEP + 5, deployment.predict(5));
    }
  }

  @Test
  void healthyCanary_underCallers_isPromotedAndFailsNoCall() {
    try (Deployment<Integer, Integer> deployment =
        Deployment.builder(this::lane)
            .warmUp(List.of(7))
            .keepWarm(Duration.ZERO)
            .open(version(1))) {
      Callers callers = new Callers(deployment);
      Rollout rollout = deployment.rollOut(plan(2, Duration.ofMillis(1_500)));
      RolloutMetrics end = Await.value(rollout.ended().toCompletableFuture());
      callers.end();
      assertEquals(RolloutState.PROMOTED, end.state(), end::toString);
      assertEquals(0, callers.failed.sum());
      assertEquals(2 * STEP + 5, deployment.predict(5));
    }
  }
}
