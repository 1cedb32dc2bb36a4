package dev.inproc.inference.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.Cancellation;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.LedgerModel;
import dev.inproc.inference.testing.Messages;
import dev.inproc.inference.testing.ScriptedModel;
import dev.inproc.inference.testing.SentinelEngine;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Each run twice, over memory that held two patterns: what is not of the run shows. */
class SentinelsTest {
  private static final SessionOptions PADDED = SessionOptions.builder().pad("x", 3).build();

  private static Fixture watched(SessionOptions options, ScriptedModel model) {
    return SentinelEngine.loading(() -> new Fixture(options, model));
  }

  /** {@code x INT64[rows, length] -> y INT64[rows]}, whatever a row's answer is made of. */
  private static ScriptedModel model(long rows, UnaryOperator<Tensors> function) {
    long[] in = {rows, TensorSpec.DYNAMIC};
    String batch = rows < 0 ? "batch" : null;
    return new ScriptedModel(
        new Signature(
            List.of(TensorSpec.of("x", DataType.INT64, in, batch, "length")),
            List.of(TensorSpec.of("y", DataType.INT64, new long[] {rows}, batch))),
        function);
  }

  /** Every row's answer is the sum of all that the run was given, padding and fillers included. */
  private static Tensors sumOfAll(Tensors inputs) {
    Tensor x = inputs.get("x");
    long[] answers = new long[(int) x.shape().dim(0)];
    Arrays.fill(answers, Arrays.stream(x.toLongs()).sum());
    return Tensors.of("y", Tensor.of(Shape.of(answers.length), answers));
  }

  private static Tensors x(long... values) {
    return Tensors.of("x", Tensor.of(values));
  }

  @Test
  void lastRowUnwritten_failsAndNamesOutputAndExample() {
    ScriptedModel model = LedgerModel.scalars();
    model.leaveUnwritten(Long.BYTES);
    List<Tensors> three = List.of(request(1), request(2), request(3));
    try (Fixture f = watched(SessionOptions.DEFAULT, model)) {
      EngineException failure =
          assertThrows(EngineException.class, () -> f.session.predictAll(three));
      Messages.assertSays(
          failure, "scripted", "output \"answer\" of example 3/3", "0x5555555555555555");
      assertTrue(failure.isSystemic(), "no rerun would help");
      assertThrows(EngineException.class, () -> f.session.predict(request(1)));
      Tensors raw = Tensors.of("id", Tensor.of(1L, 2L));
      failure = assertThrows(EngineException.class, () -> f.session.runRaw(raw));
      Messages.assertSays(failure, "element 1 being 0x0000000000000000");
      model.leaveUnwritten(0);
      assertEquals(LedgerModel.f(5), f.session.predict(request(5)).only().getLong(0));
    }
  }

  private static Tensors request(long id) {
    return LedgerModel.request(id);
  }

  @Test
  void lastRowUnwritten_withoutTheProperty_goesUnseen() {
    ScriptedModel model = LedgerModel.scalars();
    try (Fixture f = Fixture.of(model)) {
      assertFalse(f.session.model().replicas.sentinels);
      f.session.predict(request(1));
      assertEquals(1, model.started(), "one run for a call");
      model.leaveUnwritten(Long.BYTES);
      Tensors stale = f.session.predict(request(2));
      assertEquals(LedgerModel.f(1), stale.only().getLong(0), "a stranger's answer");
    }
  }

  /** Were a padded element left as it was, the answers would differ, and from the sum by hand. */
  @Test
  void paddedRegion_holdsThePadValueAlone() {
    try (Fixture f = watched(PADDED, model(-1, SentinelsTest::sumOfAll))) {
      Tensors[] examples = {x(10, 20, 30, 40), x(1), x(2, 5)};
      long[][] sizes = {{4}, {1}, {2}};
      Tensors[] answers = f.session.runner().run(examples, sizes, new long[] {4}, null, null);
      for (Tensors answer : answers) {
        assertEquals(108 + 5 * 3, answer.only().getLong(0));
      }
    }
  }

  @Test
  void fillerRows_repeatTheFirstExample() {
    SessionOptions five = PADDED.toBuilder().batchAxis(BatchAxis.LEADING).build();
    try (Fixture f = watched(five, model(5, SentinelsTest::sumOfAll))) {
      Tensors[] examples = {x(10, 20), x(1)};
      long[][] sizes = {{2}, {1}};
      Tensors[] answers = f.session.runner().run(examples, sizes, new long[] {2}, null, null);
      assertEquals(30 * 4 + 1 + 3, answers[0].only().getLong(0));
      assertEquals(answers[0], answers[1]);
    }
  }

  @Test
  void shorterExampleInAReusedBinding_leavesNothingOfTheLonger() {
    try (Fixture f = watched(PADDED, model(-1, SentinelsTest::sumOfAll))) {
      long[] sizes = {4};
      for (int i = 0; i < 3; i++) {
        Tensors[] full = {x(1000, 1000, 1000, 1000)};
        f.session.runner().run(full, new long[][] {sizes}, sizes, null, null);
        Tensors[] one = {x(7)};
        Tensors[] answer = f.session.runner().run(one, new long[][] {{1}}, sizes, null, null);
        assertEquals(7 + 3 * 3, answer[0].only().getLong(0));
      }
    }
  }

  @Test
  void randomModel_failsAndIsToldWhy() {
    AtomicInteger calls = new AtomicInteger();
    ScriptedModel random =
        model(-1, inputs -> Tensors.of("y", Tensor.of((long) calls.incrementAndGet())));
    try (Fixture f = watched(SessionOptions.DEFAULT, random)) {
      EngineException failure = assertThrows(EngineException.class, () -> f.session.predict(x(1)));
      Messages.assertSays(failure, "output \"y\"", "random or keeps state", "inproc.sentinels");
    }
  }

  @Test
  void differentStrings_failAndAreShown() {
    AtomicInteger calls = new AtomicInteger();
    ScriptedModel model =
        new ScriptedModel(
            new Signature(
                List.of(TensorSpec.of("x", DataType.INT64, new long[] {-1}, "batch")),
                List.of(TensorSpec.of("y", DataType.STRING, new long[] {-1}, "batch"))),
            inputs -> Tensors.of("y", Tensor.of(Shape.of(1), "run " + calls.incrementAndGet())));
    try (Fixture f = watched(SessionOptions.DEFAULT, model)) {
      Tensors one = Tensors.of("x", Tensor.of(Shape.scalar(), 1L));
      EngineException failure = assertThrows(EngineException.class, () -> f.session.predict(one));
      Messages.assertSays(failure, "\"run 1\"", "\"run 2\"");
    }
  }

  /**
   * The second run is not begun for callers that have gone, and the binding is fit for the next.
   */
  @Test
  void cancelledBetweenTheRuns_endsThere() {
    AtomicInteger runs = new AtomicInteger();
    Cancellation stop = new Cancellation();
    ScriptedModel model =
        model(
            -1,
            inputs -> {
              if (runs.incrementAndGet() == 1) {
                stop.cancel(); // terminates the first run as well
              }
              return sumOfAll(inputs);
            });
    model.ignoreTerminations();
    try (Fixture f = watched(SessionOptions.DEFAULT, model)) {
      Tensors[] examples = {x(1, 2)};
      long[] sizes = {2};
      EngineException failure =
          assertThrows(
              EngineException.class,
              () -> f.session.runner().run(examples, new long[][] {sizes}, sizes, stop, null));
      Messages.assertSays(failure, "every caller had gone");
      assertEquals(1, runs.get());
      assertArrayEquals(new long[] {3}, f.session.predict(x(1, 2)).only().toLongs());
    }
  }

  /** A run that fails, fails as ever. */
  @Test
  void failure_ofEitherRun_isTheEnginesOwn() {
    AtomicInteger runs = new AtomicInteger();
    ScriptedModel model =
        model(
            -1,
            inputs -> {
              if (runs.incrementAndGet() % 2 == 0) {
                throw new EngineException("second run", null);
              }
              return sumOfAll(inputs);
            });
    try (Fixture f = watched(SessionOptions.DEFAULT, model)) {
      EngineException failure = assertThrows(EngineException.class, () -> f.session.predict(x(1)));
      assertEquals("second run", failure.getMessage());
    }
  }
}
