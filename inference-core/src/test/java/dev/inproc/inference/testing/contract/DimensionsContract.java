package dev.inproc.inference.testing.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.BatchAxis;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import dev.inproc.inference.testing.Messages;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Dimensions of length zero, of two sizes under one name, of no name, and inputs without use. */
interface DimensionsContract extends Contract {
  private static Tensor ramp(long... dims) {
    return rampFrom(1, dims);
  }

  private static Tensor rampFrom(float first, long... dims) {
    Shape shape = Shape.of(dims);
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = first + i;
    }
    return Tensor.of(shape, values);
  }

  private static float[] negative(Tensor tensor) {
    float[] values = tensor.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] = -values[i];
    }
    return values;
  }

  /** The answers by every way to ask, which must be equal. */
  private static List<Tensors> ask(Session session, List<Tensors> inputs) {
    List<Tensors> alone = inputs.stream().map(session::predict).toList();
    assertEquals(alone, session.predictAll(inputs));
    CallOptions timed = CallOptions.timeout(Duration.ofSeconds(30));
    List<CompletableFuture<Tensors>> later = new ArrayList<>();
    Predictor<Tensors, Tensors> batched = session.with(Batching.upTo(8)); // closes with the session
    for (int i = 0; i < inputs.size(); i++) {
      assertEquals(alone.get(i), session.predict(inputs.get(i), timed));
      assertEquals(alone.get(i), Await.value(session.submit(inputs.get(i))));
      assertEquals(alone.get(i), batched.predict(inputs.get(i)));
      later.add(batched.submit(inputs.get(i)));
    }
    for (int i = 0; i < inputs.size(); i++) {
      assertEquals(alone.get(i), Await.value(later.get(i)));
    }
    return alone;
  }

  // ---- length zero ----

  @Test
  default void zeroLength_everyType_isAnswered() {
    for (DataType type : DataType.values()) {
      boolean isUntold = type == DataType.STRING && !stringsOut();
      if (type == DataType.SEQUENCE || models().lacks(type) != null || isUntold) {
        continue;
      }
      Tensor none =
          type == DataType.STRING
              ? Tensor.of(Shape.of(0), new String[0])
              : Tensor.fill(type, Shape.of(0), bytes -> {});
      Tensor two =
          type == DataType.STRING
              ? Tensor.of(Shape.of(2), "a", "b")
              : Tensor.fill(type, Shape.of(2), bytes -> bytes.put(0, (byte) 1));
      try (Session session = load(models().identity(type))) {
        List<Tensors> answers =
            ask(
                session,
                List.of(
                    Tensors.of("x", none),
                    Tensors.of("x", two),
                    Tensors.of("x", none),
                    Tensors.of("x", none)));
        assertEquals(none, answers.get(0).only(), type + "");
        assertEquals(two, answers.get(1).only(), type + "");
        Tensor raw = none.reshape(Shape.of(3, 0));
        assertEquals(raw, session.runRaw(Tensors.of("x", raw)).only());
        raw = none.reshape(Shape.of(0, 5));
        assertEquals(raw, session.runRaw(Tensors.of("x", raw)).only());
      }
    }
  }

  private boolean stringsOut() {
    return has(Capability.STRING_OUTPUTS);
  }

  @Test
  default void zeroLength_keyCacheAtItsFirstStep_isWhatTheStepAdds() {
    try (Session session = load(models().keyCache(), axis(BatchAxis.NONE))) {
      Tensor step = ramp(2, 1, 4);
      Tensor past = ramp(2, 0, 4);
      for (int round = 1; round < 4; round++) {
        Tensors input = Tensors.of("past", past, "x", step);
        past = ask(session, List.of(input, input)).get(0).get("present");
        assertEquals(Shape.of(2, round, 4), past.shape());
        assertEquals(past, session.runRaw(input).get("present"));
        assertEquals(5f, past.getFloat(round * 4)); // the second head begins with the step's
      }
    }
  }

  @Test
  default void zeroLength_keyCacheInBatches_keepsEachItsOwn() {
    SessionOptions.Builder options =
        axis(BatchAxis.LEADING).pad("past", 0).pad("x", 0); // never of a cache of length zero
    try (Session session = load(models().batchedKeyCache(), options)) {
      List<Tensors> inputs = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        inputs.add(Tensors.of("past", rampFrom(i, 2, i % 2, 4), "x", rampFrom(10 * i, 2, 1, 4)));
      }
      List<Tensors> answers = ask(session, inputs);
      for (int i = 0; i < 6; i++) {
        Tensor present = answers.get(i).get("present");
        assertEquals(Shape.of(2, 1 + i % 2, 4), present.shape());
        assertEquals(10f * i, present.getFloat(i % 2 * 4));
      }
    }
  }

  @Test
  default void zeroLength_textInAPaddedBatch_answersAsAlone() {
    SessionOptions.Builder padded =
        SessionOptions.builder().pad("input_ids", 0).pad("attention_mask", 0);
    try (Session session = load(models().maskedMean(), padded)) {
      List<Tensors> inputs =
          List.of(
              Contract.text(3),
              Contract.text(),
              Contract.text(1, 2, 3),
              Contract.text(new long[9]));
      List<Tensors> answers = session.predictAll(inputs);
      Tensors none = answers.get(1);
      assertEquals(none, session.predict(inputs.get(1)));
      assertEquals(none, Await.value(session.submit(inputs.get(1))));
      assertEquals(Shape.of(0, ContractModels.WIDTH), none.get("tokens").shape());
      assertArrayEquals(new float[ContractModels.WIDTH], none.get("mean").toFloats());
      assertClose(
          models().maskedMeanReference(new long[] {1, 2, 3}, new long[] {1, 1, 1}),
          answers.get(2).get("mean").toFloats());
    }
  }

  @Test
  default void zeroRows_ofARawCall_areZeroAnswers() {
    try (Session session = load(models().tinyMlp())) {
      Tensors none = Tensors.of("x", ramp(0, 16));
      assertEquals(Shape.of(0, 1), session.runRaw(none).only().shape());
      Tensors row = Contract.row(new Random(1));
      assertClose(
          models().tinyMlpReference(row.only().toFloats()), session.predict(row).only().toFloats());
      assertEquals(List.of(), session.predictAll(List.of()));
    }
    if (has(Capability.STRING_OUTPUTS)) {
      try (Session session = load(models().stringLabels())) {
        Tensor label = session.runRaw(Tensors.of("x", ramp(0, 2))).only();
        assertEquals(Tensor.of(Shape.of(0), new String[0]), label);
      }
    }
  }

  @Test
  default void zeroLength_besideLongDimensions_countsAsTheyDo() {
    // A sum along the dimension of length zero has as many elements as the others together.
    try (Session session = load(models().identity(DataType.FLOAT32))) {
      for (long[] dims : new long[][] {{0, 1L << 40}, {1L << 40, 0}}) {
        Tensors raw = Tensors.of("x", Tensor.of(Shape.of(dims), new float[0]));
        InvalidInputException failure =
            assertThrows(InvalidInputException.class, () -> session.runRaw(raw));
        Messages.assertSays(failure, "\"x\"", "bytes in all", "4398046511104");
      }
    }
  }

  // ---- one name, two sizes ----

  private static SessionOptions.Builder axis(BatchAxis axis) {
    return SessionOptions.builder().batchAxis(axis);
  }

  private static Tensors pair(int images, int texts) {
    return Tensors.of("images", ramp(images, 4), "texts", rampFrom(7, texts, 4));
  }

  @Test
  default void namesakes_ofTwoSizes_areAnsweredByARawCall() {
    try (Session session = load(models().namesakes())) {
      for (int[] rows : new int[][] {{2, 3}, {3, 3}, {1, 4}, {4, 1}, {0, 2}, {2, 3}}) {
        Tensors input = pair(rows[0], rows[1]);
        Tensors answer = session.runRaw(input);
        for (String name : List.of("images", "texts")) {
          assertEquals(input.get(name).shape(), answer.get(name + "_out").shape());
          assertArrayEquals(negative(input.get(name)), answer.get(name + "_out").toFloats(), name);
        }
      }
      Tensors one = Tensors.of("images", ramp(4), "texts", rampFrom(7, 4));
      assertArrayEquals(new float[] {-1, -2, -3, -4}, session.predict(one).at(0).toFloats());
    }
  }

  @Test
  default void namesakes_ofTwoSizes_areAnsweredByEveryMethod() {
    try (Session session = load(models().scores(), axis(BatchAxis.NONE))) {
      List<Tensors> answers = ask(session, List.of(pair(1, 3), pair(2, 2), pair(2, 3)));
      for (int i = 0; i < 3; i++) {
        int images = i == 0 ? 1 : 2;
        int texts = i == 1 ? 2 : 3;
        assertEquals(Shape.of(images, texts), answers.get(i).only().shape());
        float sum = 1 * 7 + 2 * 8 + 3 * 9 + 4 * 10;
        assertEquals(sum, answers.get(i).only().getFloat(0));
      }
    }
  }

  @Test
  default void namesakes_thatTheEngineCannotRun_areRefusedWithTheReason() {
    Tensors good = Contract.text(1, 2, 3);
    Tensors bad = Contract.text(new long[] {1, 2, 3, 4, 5}, new long[] {1, 1});
    try (Session session = load(models().maskedMean())) {
      Predictor<Tensors, Tensors> batched = session.with(Batching.upTo(8));
      Tensors fine = session.predict(good);
      for (int round = 0; round < 2; round++) {
        refused(assertThrows(InvalidInputException.class, () -> session.predict(bad)));
        refused(Await.failure(session.submit(bad)));
        refused(assertThrows(InvalidInputException.class, () -> batched.predict(bad)));
        List<CompletableFuture<Tensors>> all =
            List.of(batched.submit(good), batched.submit(bad), batched.submit(good));
        refused(Await.failure(all.get(1)));
        assertEquals(fine, Await.value(all.get(0)));
        assertEquals(fine, Await.value(all.get(2)));
        InvalidInputException ofList =
            assertThrows(
                InvalidInputException.class, () -> session.predictAll(List.of(good, bad, good)));
        refused(ofList);
        assertEquals(1, ofList.index());
        assertEquals(fine, session.predict(good));
      }
    }
  }

  private static void refused(Throwable failure) {
    assertInstanceOf(InvalidInputException.class, failure);
    Messages.assertSays(failure, "as in the inputs before", "the engine could not run");
    Throwable cause = failure.getCause();
    if (cause instanceof InvalidInputException inner) {
      cause = inner.getCause();
    }
    assertInstanceOf(EngineException.class, cause);
  }

  @Test
  default void statedShapes_giveNamesakesNamesOfTheirOwn() {
    SessionOptions.Builder options =
        SessionOptions.builder()
            .inputShape("images", "images, 4")
            .inputShape("texts", "[texts, 4]");
    try (Session session = load(models().namesakes(), options)) {
      assertEquals(1, session.traits().maxBatchSize());
      Tensors input = pair(2, 3);
      assertArrayEquals(
          negative(input.get("texts")), session.predict(input).get("texts_out").toFloats());
      Messages.assertSays(
          new IllegalStateException(session.signature().toString()), "[images, 4]", "[texts, 4]");
    }
  }

  // ---- no shape ----

  @Test
  default void statedShape_ofAnInputWithoutOne_isBatched() {
    SessionOptions.Builder options = SessionOptions.builder().inputShape("x", "batch, n");
    try (Session session = load(models().anyShape(), options)) {
      assertTrue(session.traits().maxBatchSize() > 1, session::toString);
      assertEquals("[n]", session.signature().inputs().get(0).dimensions());
      List<Tensors> answers =
          ask(session, List.of(Contract.x(1, 2), Contract.x(3, 4), Contract.x()));
      assertArrayEquals(new float[] {-3, -4}, answers.get(1).only().toFloats());
      assertEquals(Shape.of(0), answers.get(2).only().shape());
    }
    IllegalArgumentException unknown =
        assertThrows(
            IllegalArgumentException.class,
            () -> load(models().anyShape(), SessionOptions.builder().inputShape("z", 1)).close());
    Messages.assertSays(unknown, "\"z\"", "[x]");
    IllegalArgumentException wrong =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                load(models().tinyMlp(), SessionOptions.builder().inputShape("x", "N, 15"))
                    .close());
    Messages.assertSays(wrong, "[N, 15]", "contradicts", "16]");
  }

  // ---- no use ----

  @Test
  default void unusedInput_givenOrNot_isAnsweredAlike() {
    try (Session session = load(models().unusedInput(), axis(BatchAxis.LEADING))) {
      Tensors without = Tensors.of("x", ramp(3));
      Tensors with = Tensors.of("x", ramp(3), "unused", Tensor.of(Shape.scalar(), 5L));
      List<Tensors> answers = ask(session, List.of(without, with, without));
      assertArrayEquals(new float[] {-1, -2, -3}, answers.get(0).only().toFloats());
      assertEquals(answers.get(0), answers.get(1));
      Tensors raw = Tensors.of("unused", Tensor.of(1L, 2L, 3L), "x", ramp(2, 3));
      assertEquals(session.runRaw(Tensors.of("x", ramp(2, 3))), session.runRaw(raw));
      Tensors surplus = Tensors.of("x", ramp(3), "unusual", Tensor.of(5L));
      InvalidInputException failure =
          assertThrows(InvalidInputException.class, () -> session.predict(surplus));
      Messages.assertSays(failure, "\"unusual\"", "no such input");
    }
  }
}
