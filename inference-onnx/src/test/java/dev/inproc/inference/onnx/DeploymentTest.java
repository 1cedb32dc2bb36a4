package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.inproc.inference.Answer;
import dev.inproc.inference.Codec;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.deploy.Deployment;
import dev.inproc.inference.deploy.LaneContext;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.model.ModelVersion;
import dev.inproc.inference.onnx.testing.GraphBuilder;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Swaps of a tiny model under callers: each answer tells the version that computed it. */
@Tag("endurance")
class DeploymentTest {
  private static final int SWAPS = Boolean.getBoolean("inproc.endurance") ? 1_000 : 100;
  private static final int STEP = 1_000;

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

  /** x [batch,1] to x plus a thousand times the version. */
  private static byte[] model(long version) {
    int number = DataType.FLOAT_VALUE;
    return new GraphBuilder("numbered")
        .input("x", number, "batch,1")
        .output("y", number, "batch,1")
        .initializer("step", new float[] {STEP * version}, 1)
        .node("Add", "x step -> y")
        .build();
  }

  private static ModelVersion version(long number) {
    return ModelVersion.of("numbered", number, ModelSource.bytes("numbered", model(number)));
  }

  private static Predictor<Integer, Integer> lane(ModelVersion version, LaneContext context) {
    SessionOptions options =
        SessionOptions.builder().intraOpThreads(1).integrity(IntegrityOptions.skip()).build();
    return new OnnxEngine().load(version.source(), options).with(Batching.upTo(8)).with(NUMBERS);
  }

  @Test
  void swaps_underCallers_failAndMixNothing() {
    AtomicBoolean isOver = new AtomicBoolean();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    LongAdder calls = new LongAdder();
    try (Deployment<Integer, Integer> deployment =
        Deployment.builder(DeploymentTest::lane)
            .warmUp(List.of(7))
            .warmUpBatchSizes(List.of(1, 8))
            .check((version, input, answer) -> assertEquals(input, answer % STEP))
            .keepWarm(Duration.ZERO)
            .open(version(1))) {
      List<Thread> threads = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        int kind = t % 4;
        Thread thread =
            new Thread(
                () -> {
                  try {
                    while (!isOver.get()) {
                      call(deployment, kind);
                      calls.increment();
                    }
                  } catch (Throwable e) {
                    failure.compareAndSet(null, e);
                  }
                });
        threads.add(thread);
        thread.start();
      }
      for (int swap = 2; swap <= SWAPS + 1 && failure.get() == null; swap++) {
        assertTrue(deployment.switchTo(version(swap)));
        assertEquals(swap, deployment.predict(5) / STEP);
      }
      isOver.set(true);
      threads.forEach(Await::end);
      if (failure.get() != null) {
        throw new AssertionError("a call failed", failure.get());
      }
      System.out.println(
          SWAPS + " swaps, " + calls + " calls, retried " + deployment.metrics().retriedCalls());
    }
  }

  private static void call(Deployment<Integer, Integer> deployment, int kind) {
    int input = ThreadLocalRandom.current().nextInt(STEP - 10);
    switch (kind) {
      case 0 -> assertEquals(input, deployment.predict(input) % STEP);
      case 1 -> assertEquals(input, Await.value(deployment.submit(input)) % STEP);
      case 2 -> {
        List<Integer> list = deployment.predictAll(List.of(input, input + 1, input + 2));
        int version = list.get(0) / STEP;
        for (int i = 0; i < list.size(); i++) {
          assertEquals(version * STEP + input + i, list.get(i), list::toString);
        }
      }
      default -> {
        for (Answer<Integer> answer : deployment.answers().predictAll(List.of(input, input))) {
          assertEquals(input, answer.value() % STEP);
          String version = "numbered@" + answer.value() / STEP;
          assertEquals(version, answer.version().orElseThrow());
        }
      }
    }
  }
}
