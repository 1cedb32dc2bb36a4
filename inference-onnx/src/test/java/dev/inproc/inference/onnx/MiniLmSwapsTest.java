package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.Answer;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.deploy.Deployment;
import dev.inproc.inference.deploy.LaneContext;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.model.ModelVersion;
import dev.inproc.inference.onnx.quantize.Quantizer;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Swaps of a real encoder between FP32 and INT8: an answer is that of the version it names. */
@Tag("endurance")
@EnabledIfSystemProperty(named = "inproc.endurance", matches = "true")
class MiniLmSwapsTest {
  private static final String RESOURCE = "all-minilm-l6-v2.onnx";
  private static final int SWAPS = 50;
  private static final int LENGTH = 12;
  private static final double TOLERANCE = 1e-3; // the versions differ by more, see below

  @TempDir private Path directory;
  private final List<Tensors> inputs = new ArrayList<>();
  private final List<ModelSource> sources = new ArrayList<>();
  private final List<List<float[]>> expected = new ArrayList<>(); // by version, by input

  @BeforeEach
  void prepare() throws IOException {
    Path fp32 = directory.resolve("fp32.onnx");
    Path int8 = directory.resolve("int8.onnx");
    try (InputStream in = getClass().getClassLoader().getResourceAsStream(RESOURCE)) {
      Files.copy(in, fp32);
    }
    Quantizer.quantize(fp32, int8);
    sources.add(ModelSource.file(fp32));
    sources.add(ModelSource.file(int8));
    for (int i = 0; i < 4; i++) {
      inputs.add(text(1_000 + 37 * i));
    }
    for (long number = 1; number <= 2; number++) {
      try (Predictor<Tensors, Tensors> alone = lane(version(number), new LaneContext("", ""))) {
        expected.add(inputs.stream().map(input -> vector(alone.predict(input))).toList());
      }
    }
    for (int i = 0; i < inputs.size(); i++) {
      double apart = difference(expected.get(0).get(i), expected.get(1).get(i));
      assertTrue(apart > 5 * TOLERANCE, "the versions are told apart: " + apart);
    }
  }

  private static Tensors text(int first) {
    long[] ids = new long[LENGTH];
    long[] mask = new long[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      ids[i] = first + 11L * i;
      mask[i] = 1;
    }
    Shape shape = Shape.of(LENGTH);
    return Tensors.of(
        List.of("input_ids", "attention_mask", "token_type_ids"),
        Tensor.of(shape, ids),
        Tensor.of(shape, mask),
        Tensor.of(shape, new long[LENGTH]));
  }

  private ModelVersion version(long number) {
    return ModelVersion.of("minilm", number, sources.get((int) ((number - 1) % 2)));
  }

  private static Predictor<Tensors, Tensors> lane(ModelVersion version, LaneContext context) {
    SessionOptions options = SessionOptions.builder().integrity(IntegrityOptions.skip()).build();
    return new OnnxEngine().load(version.source(), options).with(Batching.upTo(8));
  }

  private static float[] vector(Tensors answer) {
    return answer.only().toFloats();
  }

  private static double difference(float[] a, float[] b) {
    double largest = 0;
    for (int i = 0; i < a.length; i++) {
      largest = Math.max(largest, Math.abs(a[i] - b[i]));
    }
    return largest;
  }

  @Test
  void swaps_ofMiniLm_underCallers_failAndMixNothing() {
    AtomicBoolean isOver = new AtomicBoolean();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    LongAdder calls = new LongAdder();
    try (Deployment<Tensors, Tensors> deployment =
        Deployment.builder(MiniLmSwapsTest::lane)
            .warmUp(inputs)
            .keepWarm(Duration.ZERO)
            .open(version(1))) {
      List<Thread> threads = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        int kind = t % 3;
        Thread thread =
            new Thread(
                () -> {
                  try {
                    while (!isOver.get()) {
                      call(deployment.answers(), kind);
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
        assertEquals("minilm@" + swap, deployment.version().toString());
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

  private void call(Predictor<Tensors, Answer<Tensors>> answers, int kind) {
    int i = ThreadLocalRandom.current().nextInt(inputs.size());
    switch (kind) {
      case 0 -> check(i, answers.predict(inputs.get(i)));
      case 1 -> check(i, Await.value(answers.submit(inputs.get(i))));
      default -> {
        List<Answer<Tensors>> list = answers.predictAll(inputs);
        for (int j = 0; j < list.size(); j++) {
          check(j, list.get(j));
          assertEquals(list.get(0).version(), list.get(j).version());
        }
      }
    }
  }

  private void check(int input, Answer<Tensors> answer) {
    String name = answer.version().orElseThrow();
    long number = Long.parseLong(name.substring(name.indexOf('@') + 1));
    float[] right = expected.get((int) ((number - 1) % 2)).get(input);
    double apart = difference(right, vector(answer.value()));
    assertTrue(apart < TOLERANCE, name + " differs by " + apart);
  }
}
