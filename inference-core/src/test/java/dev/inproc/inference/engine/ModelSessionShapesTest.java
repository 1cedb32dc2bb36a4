package dev.inproc.inference.engine;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.LedgerModel;
import dev.inproc.inference.testing.ScriptedModel;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Fixed batches, no batch axis, views of outputs, limits in bytes. */
class ModelSessionShapesTest {
  /** {@code (id INT64[rows]) -> (answer INT64[rows])} with f of each id. */
  private static ScriptedModel fixed(long rows) {
    Signature signature =
        new Signature(
            List.of(TensorSpec.fixed("id", DataType.INT64, rows)),
            List.of(TensorSpec.fixed("answer", DataType.INT64, rows)));
    return new ScriptedModel(signature, ModelSessionShapesTest::answer);
  }

  private static Tensors answer(Tensors inputs) {
    Tensor ids = inputs.get("id");
    long[] answers = Arrays.stream(ids.toLongs()).map(LedgerModel::f).toArray();
    return Tensors.of("answer", Tensor.of(ids.shape(), answers));
  }

  private static SessionOptions axis(BatchAxis axis) {
    return SessionOptions.builder().batchAxis(axis).build();
  }

  @Test
  void fixedBatch_fewerExamples_paddingRowsAreDropped() {
    try (Fixture f = new Fixture(axis(BatchAxis.LEADING), fixed(4))) {
      LedgerModel.check(9, f.session.predict(LedgerModel.request(9)));
      List<Tensors> answers =
          f.session.predictAll(LongStream.range(0, 6).mapToObj(LedgerModel::request).toList());
      assertEquals(6, answers.size());
      for (int i = 0; i < 6; i++) {
        LedgerModel.check(i, answers.get(i));
      }
      assertEquals(
          List.of(4, 4, 4), f.model().runs().stream().map(ScriptedModel.Run::rows).toList());
      assertEquals(4, f.session.traits().maxBatchSize());
    }
  }

  @Test
  void noBatchAxis_predictAll_runsEachAlone() {
    try (Fixture f = new Fixture(axis(BatchAxis.NONE), fixed(2))) {
      List<Tensors> examples =
          List.of(
              Tensors.of("id", Tensor.of(1L, 2L)),
              Tensors.of("id", Tensor.of(3L, 4L)),
              Tensors.of("id", Tensor.of(5L, 6L)));
      List<Tensors> answers = f.session.predictAll(examples);
      for (int i = 0; i < 3; i++) {
        assertEquals(answer(examples.get(i)), answers.get(i));
      }
      assertEquals(3, f.model().started());
      assertEquals(1, f.session.traits().maxBatchSize());
      assertEquals(f.session.rawSignature(), f.session.signature());
    }
  }

  /** {@code (x FLOAT32[...], n INT64[k], z FLOAT32[...]) -> x, z}, as they came. */
  private static ScriptedModel open() {
    TensorSpec x = TensorSpec.unknownRank("x", DataType.FLOAT32);
    TensorSpec z = TensorSpec.unknownRank("z", DataType.FLOAT32);
    TensorSpec n =
        TensorSpec.of("n", DataType.INT64, new long[] {TensorSpec.DYNAMIC}, new String[] {"k"});
    return new ScriptedModel(
        new Signature(List.of(x, n, z), List.of(x, z)),
        inputs -> Tensors.of("x", inputs.get("x"), "z", inputs.get("z")));
  }

  private static Tensors open(Shape x, int n, Shape z) {
    return Tensors.of(
        "x", Tensor.of(x, new float[(int) x.elements()]),
        "n", Tensor.of(new long[n]),
        "z", Tensor.of(z, new float[(int) z.elements()]));
  }

  @Test
  void unknownRank_anyShapes_runAloneEachInItsOwn() {
    try (Fixture f = Fixture.of(open())) {
      assertEquals(1, f.session.traits().maxBatchSize());
      List<Tensors> examples =
          List.of(
              open(Shape.scalar(), 1, Shape.of(2, 3)),
              open(Shape.of(2, 3), 1, Shape.scalar()),
              open(Shape.of(1, 2, 3), 4, Shape.of(5)),
              open(Shape.scalar(), 1, Shape.of(2, 3)),
              open(Shape.of(0, 2), 0, Shape.of(3, 0, 1)));
      List<Tensors> answers = f.session.predictAll(examples);
      for (int i = 0; i < examples.size(); i++) {
        for (String name : List.of("x", "z")) {
          assertEquals(examples.get(i).get(name), answers.get(i).get(name), name + " of " + i);
        }
        assertEquals(answers.get(i), f.session.predict(examples.get(i)));
        assertEquals(answers.get(i), f.session.runRaw(examples.get(i)));
      }
    }
  }

  @Test
  void unknownRank_overTheByteLimit_isRefusedWithoutARun() {
    SessionOptions options = SessionOptions.builder().maxRunBytes(100).build();
    try (Fixture f = new Fixture(options, open())) {
      f.session.predict(open(Shape.of(10), 1, Shape.of(2, 5)));
      Tensors more = open(Shape.of(10), 1, Shape.of(2, 8));
      assertThrows(InvalidInputException.class, () -> f.session.predict(more));
      assertThrows(InvalidInputException.class, () -> f.session.runRaw(more));
      assertEquals(1, f.model().started());
    }
  }

  @Test
  void unknownRank_saidToLead_isRefused() {
    IllegalArgumentException failure =
        assertThrows(
            IllegalArgumentException.class,
            () -> Session.of("open", null, List.of(open().replica()), axis(BatchAxis.LEADING)));
    assertSays(failure, "x FLOAT32[...] is of unknown rank");
  }

  @Test
  void outputs_view_computesTheseAloneInThisOrder() {
    try (Fixture f = Fixture.of(LedgerModel.sequences())) {
      Session sum = f.session.outputs("sum");
      Session both = f.session.outputs("sum", "each");
      Tensors request = LedgerModel.sequence(3, 2);
      assertEquals(List.of("sum"), sum.predict(request).names());
      assertEquals(List.of(1), f.model().runs().get(0).outputs());
      assertEquals(List.of("sum", "each"), both.predict(request).names());
      assertEquals(List.of("each", "sum"), f.session.predict(request).names());
      assertEquals(LedgerModel.f(3) + LedgerModel.f(4), sum.predict(request).only().getLong(0));
      assertEquals(
          "(ids INT64[length], mask INT64[length]) -> (sum INT64[])", sum.signature().toString());
    }
  }

  @Test
  void outputs_wrongNames_areRefusedWithThoseThatExist() {
    try (Fixture f = Fixture.of(LedgerModel.sequences())) {
      IllegalArgumentException unknown =
          assertThrows(IllegalArgumentException.class, () -> f.session.outputs("logits"));
      assertSays(unknown, "[each, sum]");
      assertThrows(IllegalArgumentException.class, () -> f.session.outputs());
      assertThrows(IllegalArgumentException.class, () -> f.session.outputs("sum", "sum"));
    }
  }

  @Test
  void outputs_view_closesTheModel() {
    Fixture f = Fixture.of(LedgerModel.sequences());
    Session view = f.session.outputs("sum");
    assertEquals(1, view.predict(LedgerModel.sequence(1, 1)).size());
    view.close();
    f.checkNothingLeft();
  }

  @Test
  void maxRunBytes_batchOverIt_isSplit() {
    // A row has 8 bytes in and 8 out.
    SessionOptions options = SessionOptions.builder().maxRunBytes(40).build();
    try (Fixture f = new Fixture(options, LedgerModel.scalars())) {
      List<Tensors> answers =
          f.session.predictAll(LongStream.range(0, 5).mapToObj(LedgerModel::request).toList());
      for (int i = 0; i < 5; i++) {
        LedgerModel.check(i, answers.get(i));
      }
      assertEquals(
          List.of(2, 2, 1), f.model().runs().stream().map(ScriptedModel.Run::rows).toList());
    }
  }

  @Test
  void maxRunBytes_oneExampleOverIt_isRefusedWithoutARun() {
    SessionOptions options = SessionOptions.builder().maxRunBytes(100).build();
    try (Fixture f = new Fixture(options, LedgerModel.sequences())) {
      InvalidInputException inputs =
          assertThrows(
              InvalidInputException.class, () -> f.session.predict(LedgerModel.sequence(0, 7)));
      assertSays(inputs, "at most 100 bytes");
      assertSays(inputs, "got 112 bytes");
      // 96 bytes of inputs fit, but 56 of outputs come on top.
      InvalidInputException all =
          assertThrows(
              InvalidInputException.class, () -> f.session.predict(LedgerModel.sequence(0, 6)));
      assertSays(all, "got 152 bytes");
      Tensors raw =
          Tensors.of(
              "ids", Tensor.of(Shape.of(3, 2), new long[6]),
              "mask", Tensor.of(Shape.of(3, 2), new long[6]));
      assertThrows(InvalidInputException.class, () -> f.session.runRaw(raw));
      assertEquals(0, f.model().opened());
    }
  }

  @Test
  void create_padNameThatTheModelLacks_isRefusedAndClosesTheModel() {
    ScriptedModel model = LedgerModel.sequences();
    SessionOptions options = SessionOptions.builder().pad("idz", 0).build();
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> new Fixture(options, model));
    assertSays(e, "[ids, mask]");
    assertEquals(1, model.closes());
  }

  @Test
  void warmUp_sizes_areRunTwiceEach() {
    SessionOptions options = SessionOptions.builder().warmUp(1, 4).build();
    try (Fixture f = new Fixture(options, LedgerModel.sequences())) {
      assertEquals(
          List.of(1, 1, 4, 4), f.model().runs().stream().map(ScriptedModel.Run::rows).toList());
      LedgerModel.checkSequence(5, 2, f.session.predict(LedgerModel.sequence(5, 2)));
    }
  }
}
