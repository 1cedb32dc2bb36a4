package dev.inproc.inference.onnx.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InputRecorderTest {
  private static final SessionOptions UNPROBED =
      SessionOptions.builder().integrity(IntegrityOptions.skip()).build();

  @TempDir Path directory;

  private static Tensors number(int i) {
    return Tensors.of("x", Tensor.of(new float[] {i}));
  }

  private static int numberIn(Tensors example) {
    return (int) example.only().getFloat(0);
  }

  private static List<Integer> sample(int capacity, int of, long seed) {
    InputRecorder recorder = new InputRecorder(capacity, 4L * capacity, seed);
    for (int i = 0; i < of; i++) {
      recorder.record(number(i));
    }
    return recorder.examples().stream().map(InputRecorderTest::numberIn).toList();
  }

  @Test
  void sample_ofAnySeed_isBoundedDistinctAndRepeatable() {
    List<Integer> sample = sample(50, 10_000, 7);
    assertEquals(50, new HashSet<>(sample).size());
    assertEquals(sample, sample(50, 10_000, 7));
    assertNotEquals(sample, sample(50, 10_000, 8));
    assertEquals(IntStream.range(0, 30).boxed().toList(), sample(50, 30, 7), "all, while few");
  }

  @Test
  void everyInput_overManySeeds_isKeptAboutAsOften() {
    int[] tenths = new int[10];
    for (int seed = 0; seed < 2_000; seed++) {
      sample(10, 1_000, seed * 1_000_003L).forEach(i -> tenths[i / 100]++);
    }
    for (int tenth : tenths) {
      assertEquals(2_000, tenth, 5 * Math.sqrt(2_000), java.util.Arrays.toString(tenths));
    }
  }

  @Test
  void manyThreads_recording_loseNoneAndKeepTheBound() {
    InputRecorder recorder = new InputRecorder(64, 256, 3);
    IntStream.range(0, 100_000).parallel().forEach(i -> recorder.record(number(i)));
    assertEquals(100_000, recorder.seen());
    List<Tensors> kept = recorder.examples();
    assertEquals(64, kept.size());
    assertEquals(64, new HashSet<>(kept).size());
  }

  @Test
  void largeInput_isCountedNotKept_andClearForgets() {
    InputRecorder recorder = new InputRecorder(2, 16, 1);
    recorder.record(Tensors.of("x", Tensor.of(new float[3])));
    recorder.record(number(1));
    assertEquals(List.of(number(1)), recorder.examples());
    assertEquals(1, recorder.tooLarge());
    recorder.clear();
    assertEquals(List.of(), recorder.examples());
    assertEquals(0, recorder.seen() + recorder.tooLarge());
    assertThrows(IllegalArgumentException.class, () -> new InputRecorder(0, 16, 1));
    assertThrows(IllegalArgumentException.class, () -> new InputRecorder(10, 9, 1));
  }

  @Test
  void recorded_answersAsTheModel_keepsWhatWasAnswered_andFeedsGateAndCalibration()
      throws Exception {
    Path in = Files.write(directory.resolve("in.onnx"), Models.mlp(64, 96, 32));
    Path out = directory.resolve("out.onnx");
    InputRecorder recorder = new InputRecorder(20, 1 << 16, 1);
    try (Session fp32 = new OnnxEngine().load(ModelSource.file(in), UNPROBED);
        Predictor<Tensors, Tensors> recorded = fp32.borrowed().with(recorder)) {
      List<Tensors> inputs = GeneratedInputs.of(fp32.signature(), 30);
      assertEquals(fp32.predict(inputs.get(0)), recorded.predict(inputs.get(0)));
      recorded.predictAll(inputs.subList(1, 10));
      List<CompletableFuture<Tensors>> futures = new ArrayList<>();
      inputs.subList(10, 30).forEach(input -> futures.add(recorded.submit(input)));
      futures.forEach(CompletableFuture::join);
      assertThrows(InvalidInputException.class, () -> recorded.predict(number(1)));
      assertEquals(30, recorder.seen(), "what was refused is not among them");
      assertTrue(inputs.containsAll(recorder.examples()));
      assertEquals(20, recorder.examples().size());
      QuantizeOptions all = QuantizeOptions.DEFAULT.withMinElements(1);
      assertEquals("", Quantizer.quantize(in, out, all, recorder.examples()).note());
      try (Session int8 = new OnnxEngine().load(ModelSource.file(out), UNPROBED)) {
        GateReport report =
            AccuracyGate.DEFAULT.withIntegrity(false).compare(fp32, int8, recorder.examples());
        assertEquals(20, report.examples());
        assertTrue(report.passed(), report.toString());
      }
    }
  }
}
