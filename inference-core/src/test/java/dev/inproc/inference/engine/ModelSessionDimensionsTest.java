package dev.inproc.inference.engine;

import static dev.inproc.inference.engine.BatchAxisRuleTest.signature;
import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.EngineException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.spi.BindingSpec;
import dev.inproc.inference.spi.IoBinding;
import dev.inproc.inference.spi.NativeModel;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.LedgerModel;
import dev.inproc.inference.testing.ScriptedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Dimensions of length zero and of two sizes under one name; shapes that a user states. */
class ModelSessionDimensionsTest {
  private static Tensors pair(Shape first, Shape second) {
    return Tensors.of(
        "in0", Tensor.of(first, new float[(int) first.elements()]),
        "in1", Tensor.of(second, new float[(int) second.elements()]));
  }

  /** Gives both inputs back. */
  private static ScriptedModel echo(String text) {
    return new ScriptedModel(
        signature(text), in -> Tensors.of("out0", in.get("in0"), "out1", in.get("in1")));
  }

  private static List<Shape> shapes(ScriptedModel model, int run) {
    return model.runs().get(run).shapes();
  }

  @Test
  void zeroLength_paddingAllowed_runsWithItsLikeAlone() {
    SessionOptions options = SessionOptions.builder().pad("ids", 0).pad("mask", 0).build();
    try (Fixture f = new Fixture(options, LedgerModel.sequences())) {
      // So many long ones that an empty one among them would be less than a tenth of padding.
      List<Tensors> examples = new ArrayList<>();
      for (int i = 0; i < 14; i++) {
        examples.add(LedgerModel.sequence(i, i == 0 ? 0 : 21));
      }
      List<Tensors> answers = f.session.predictAll(examples);
      for (int i = 0; i < 14; i++) {
        LedgerModel.checkSequence(i, i == 0 ? 0 : 21, answers.get(i));
      }
      assertEquals(2, f.model().started());
      assertEquals(Shape.of(1, 0), shapes(f.model(), 0).get(0));
      assertEquals(Shape.of(13, 21), shapes(f.model(), 1).get(0));
    }
  }

  @Test
  void namesakes_ofTwoSizes_runOneByOneWithoutForeseenOutputs() {
    try (Fixture f = Fixture.of(echo("N,S; N,S -> N,S; N,S"))) {
      Tensors odd = pair(Shape.of(2), Shape.of(3));
      Tensors even = pair(Shape.of(2), Shape.of(2));
      List<Tensors> answers = f.session.predictAll(List.of(odd, even, odd, even));
      assertEquals(Shape.of(3), answers.get(2).get("out1").shape());
      assertEquals(
          List.of(1, 1, 2), f.model().runs().stream().map(r -> r.rows()).sorted().toList());
      assertEquals(Shape.of(3), f.session.predict(odd).get("out1").shape());
      Tensors whole = f.session.runRaw(pair(Shape.of(4, 2), Shape.of(5, 3)));
      assertEquals(Shape.of(4, 2), whole.get("out0").shape());
      assertEquals(Shape.of(5, 3), whole.get("out1").shape());
    }
  }

  @Test
  void namesakes_engineFails_refusesThatExampleAlone() {
    ScriptedModel model = echo("N,S; N,S -> N,S; N,S");
    try (Fixture f = Fixture.of(model)) {
      Tensors odd = pair(Shape.of(2), Shape.of(3));
      EngineException reason = new EngineException("cannot broadcast", null);
      model.failNext(reason);
      InvalidInputException refused =
          assertThrows(InvalidInputException.class, () -> f.session.predict(odd));
      assertSays(refused, "\"in1\"", "S = 2 in dimension 0", "FLOAT32[3]", "cannot broadcast");
      assertEquals(reason, refused.getCause());
      model.failNext(reason);
      refused = assertThrows(InvalidInputException.class, () -> f.session.predictAll(List.of(odd)));
      assertEquals(0, refused.index());
      model.failNext(reason);
      Tensors rows = pair(Shape.of(4, 2), Shape.of(5, 2));
      refused = assertThrows(InvalidInputException.class, () -> f.session.runRaw(rows));
      assertSays(refused, "4 rows, as in the inputs before", "FLOAT32[5, 2]");
      model.failNext(reason);
      assertThrows(EngineException.class, () -> f.session.predict(pair(Shape.of(2), Shape.of(2))));
    }
  }

  @Test
  void namesakes_overTheByteLimit_areRefusedWithoutARun() {
    SessionOptions options = SessionOptions.builder().maxRunBytes(100).build();
    try (Fixture f = new Fixture(options, echo("N,S; N,S -> N,S; N,S"))) {
      Tensors large = pair(Shape.of(10), Shape.of(16));
      assertThrows(InvalidInputException.class, () -> f.session.predict(large));
      Tensors rows = pair(Shape.of(1, 10), Shape.of(4, 4));
      assertThrows(InvalidInputException.class, () -> f.session.runRaw(rows));
      assertEquals(0, f.model().started());
    }
  }

  @Test
  void namesakes_asExamplesOfTheProbe_areNotProbed() {
    SessionOptions options =
        SessionOptions.builder()
            .integrity(
                IntegrityOptions.DEFAULT.withInputs(
                    pair(Shape.of(2), Shape.of(3)), pair(Shape.of(0), Shape.of(0))))
            .build();
    try (Session session =
        Session.of("echo", null, List.of(echo("N,S; N,S -> N,S; N,S").replica()), options)) {
      assertTrue(session.integrity().isChecked(), session.integrity()::toString);
    }
  }

  @Test
  void statedShape_inEitherForm_isTheSignatures() {
    Map<String, String> printed = Map.of("a", "[batch, 3, ?]", "b", "[]", "c", "[?, 16]");
    SessionOptions options =
        SessionOptions.builder()
            .inputShape("a", "batch,3, ?")
            .inputShape("b", "[]")
            .inputShape("c", -1, 16)
            .build();
    assertEquals(printed, options.inputShapes());
    assertEquals(printed, options.toBuilder().build().inputShapes());
    for (String wrong : List.of("a,,b", "-1, 4", "[...]", "a, [b]", "3x", "1.5", ",")) {
      IllegalArgumentException failure =
          assertThrows(
              IllegalArgumentException.class,
              () -> SessionOptions.builder().inputShape("a", wrong));
      assertSays(failure, "a: expected a shape such as [batch, 3, ?]", wrong);
    }
    assertThrows(
        IllegalArgumentException.class, () -> SessionOptions.builder().inputShape("a", -2));
  }

  @Test
  void statedShape_questionMark_keepsWhatTheModelSays() {
    SessionOptions options =
        SessionOptions.builder().inputShape("in0", "?, T, ?").inputShape("in1", -1, 5).build();
    try (Fixture f = new Fixture(options, echo("N,?,8; N,S -> N,T; N,S"))) {
      assertEquals("[N, T, 8]", f.session.rawSignature().inputs().get(0).dimensions());
      assertEquals("[N, 5]", f.session.rawSignature().inputs().get(1).dimensions());
    }
  }

  @Test
  void optionalPads_ofInputsThatTheModelHas_allowPadding() {
    SessionOptions options =
        SessionOptions.builder()
            .padIfPresent("ids", 0)
            .padIfPresent("mask", 0)
            .padIfPresent("types", 0)
            .build();
    try (Fixture f = new Fixture(options, LedgerModel.sequences())) {
      List<Tensors> answers =
          f.session.predictAll(List.of(LedgerModel.sequence(0, 20), LedgerModel.sequence(1, 21)));
      LedgerModel.checkSequence(0, 20, answers.get(0));
      LedgerModel.checkSequence(1, 21, answers.get(1));
      assertEquals(1, f.model().started());
    }
    SessionOptions copied = options.toBuilder().maxBatchSize(8).build();
    assertEquals(options.optionalPadValues(), copied.optionalPadValues());
  }

  @Test
  void unusedInputs_areDroppedAndMayBePadded() {
    ScriptedModel model = echo("N,S; N,S -> N,S; N,S");
    SessionOptions options = SessionOptions.builder().pad("extra", 0).build();
    try (Session session =
        Session.of(
            "echo", null, List.of(new Replica(new WithExtra(model), Device.cpu())), options)) {
      Tensors input = pair(Shape.of(2), Shape.of(2));
      Tensors more =
          Tensors.of(
              List.of("extra", "in1", "in0"),
              Tensor.of(Shape.of(3, 3), new long[9]),
              input.get("in1"),
              input.get("in0"));
      assertEquals(session.predict(input), session.predict(more));
      Tensors missing = Tensors.of("extra", input.at(0), "in1", input.at(1));
      assertSays(
          assertThrows(InvalidInputException.class, () -> session.predict(missing)), "\"in0\"");
    }
  }

  /** A model with an input that it does not use. */
  private record WithExtra(ScriptedModel model) implements NativeModel {
    @Override
    public Signature signature() {
      return model.signature();
    }

    @Override
    public Set<String> unusedInputs() {
      return Set.of("extra");
    }

    @Override
    public Map<String, String> metadata() {
      return model.metadata();
    }

    @Override
    public IoBinding open(BindingSpec spec) {
      return model.open(spec);
    }

    @Override
    public void close() {
      model.close();
    }
  }
}
