package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.spi.Statefulness;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.ScriptedModel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class InputRecorderTest {
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

  /** {@code (x FLOAT32[batch,1]) -> (y FLOAT32[batch,1])}, ten times as much. */
  private static ScriptedModel tenfold() {
    long[] column = {-1, 1};
    Signature signature =
        new Signature(
            List.of(TensorSpec.of("x", DataType.FLOAT32, column, "batch", (String) null)),
            List.of(TensorSpec.of("y", DataType.FLOAT32, column, "batch", (String) null)));
    return new ScriptedModel(
        signature,
        inputs -> {
          float[] y = inputs.only().toFloats();
          for (int i = 0; i < y.length; i++) {
            y[i] *= 10;
          }
          return Tensors.of("y", Tensor.of(Shape.of(y.length, 1), y));
        });
  }

  @Test
  void recorded_answersAsTheModel_andKeepsWhatWasAnswered() {
    InputRecorder recorder = new InputRecorder(20, 1 << 10, 1);
    try (Fixture f = Fixture.of(tenfold());
        Predictor<Tensors, Tensors> recorded = f.session.borrowed().with(recorder)) {
      List<Tensors> inputs = IntStream.range(0, 30).mapToObj(InputRecorderTest::number).toList();
      assertEquals(f.session.predict(inputs.get(3)), recorded.predict(inputs.get(3)));
      assertEquals(
          f.session.predictAll(inputs.subList(0, 9)), recorded.predictAll(inputs.subList(0, 9)));
      List<CompletableFuture<Tensors>> futures = new ArrayList<>();
      inputs.subList(10, 30).forEach(input -> futures.add(recorded.submit(input)));
      futures.forEach(CompletableFuture::join);
      Tensors wrong = Tensors.of("x", Tensor.of(1f, 2f));
      assertThrows(InvalidInputException.class, () -> recorded.predict(wrong));
      assertThrows(CompletionException.class, () -> recorded.submit(wrong).join());
      assertEquals(30, recorder.seen(), "what was refused is not among them");
      assertTrue(inputs.containsAll(recorder.examples()));
      assertEquals(20, recorder.examples().size());
    }
  }

  @Test
  void recorded_handsOnWhatTheModelIs() {
    InputRecorder recorder = new InputRecorder(1, 16, 1);
    ScriptedModel model = tenfold();
    model.tell(Statefulness.CERTAIN);
    try (Fixture f = Fixture.of(model);
        Predictor<Tensors, Tensors> recorded = f.session.borrowed().with(recorder)) {
      assertTrue(f.session.keepsState());
      assertTrue(recorded.keepsState(), "else a cache around it keeps answers");
      assertTrue(recorded.find(Session.class).isPresent());
    }
  }
}
