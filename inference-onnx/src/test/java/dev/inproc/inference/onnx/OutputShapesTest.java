package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.EngineException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.engine.BatchAxis;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutputShapesTest {
  private static Session load(byte[] model) {
    return load(model, SessionOptions.DEFAULT);
  }

  private static Session load(byte[] model, SessionOptions options) {
    return new OnnxEngine().load(ModelSource.bytes("model", model), options);
  }

  private static SessionOptions axis(BatchAxis axis) {
    return SessionOptions.builder().batchAxis(axis).build();
  }

  private static Tensors x(float... values) {
    return Tensors.of("x", Tensor.of(values));
  }

  @Test
  void lyingShape_pinnedOutputRefused_trueOutputComes() {
    try (Session session = load(Models.lyingShape())) {
      for (int round = 0; round < 3; round++) {
        assertEquals(Shape.of(6), session.predict(x(1, 2, 3)).get("y").shape());
        List<Tensors> two = session.predictAll(List.of(x(1, 2, 3), x(4, 5, 6)));
        assertEquals(session.predict(x(4, 5, 6)), two.get(1));
      }
    }
  }

  @Test
  void lyingRows_batch_isNotCutWrongly() {
    try (Session session = load(Models.lyingRows())) {
      EngineException failure =
          assertThrows(EngineException.class, () -> session.predict(x(1, 2, 3)));
      assertTrue(failure.getMessage().contains("BatchAxis.NONE"), failure::getMessage);
    }
  }

  @Test
  void dataDependent_rawCall_givesTheTrueLength() {
    try (Session session = load(Models.dataDependent(), axis(BatchAxis.NONE))) {
      Tensor sparse = Tensor.of(Shape.of(1, 4), 0f, 1f, 0f, 0f);
      Tensor dense = Tensor.of(Shape.of(1, 4), 1f, 1f, 1f, 1f);
      assertEquals(Shape.of(1, 2), session.predict(Tensors.of("x", sparse)).only().shape());
      assertEquals(Shape.of(4, 2), session.predict(Tensors.of("x", dense)).only().shape());
    }
  }

  @Test
  void scalarOutput_batchedModel_saysHowToLoadIt() {
    try (Session session = load(Models.scalarOutput())) {
      EngineException failure =
          assertThrows(EngineException.class, () -> session.predict(x(1, 2, 3, 4)));
      assertTrue(failure.getMessage().contains("total"), failure::getMessage);
      Tensors raw = Tensors.of("x", Tensor.of(Shape.of(2, 4), 1, 2, 3, 4, 5, 6, 7, 8f));
      assertEquals(36f, session.runRaw(raw).only().getFloat(0));
    }
    try (Session session = load(Models.scalarOutput(), axis(BatchAxis.NONE))) {
      Tensors input = Tensors.of("x", Tensor.of(Shape.of(1, 4), 1f, 2, 3, 4));
      assertEquals(10f, session.predict(input).only().getFloat(0));
    }
  }

  @Test
  void fixedBatch_anyNumberOfExamples_equalsTheReference() {
    for (int rows : new int[] {1, 4}) {
      SessionOptions leading = axis(BatchAxis.LEADING);
      try (Session session = load(Models.fixedBatch(rows), leading)) {
        List<Tensors> inputs =
            List.of(ramp(0), ramp(1), ramp(2), ramp(3), ramp(4), ramp(5), ramp(6));
        List<Tensors> answers = session.predictAll(inputs);
        for (int i = 0; i < inputs.size(); i++) {
          float[] expected = Models.tinyMlpReference(inputs.get(i).only().toFloats());
          assertArrayEquals(expected, answers.get(i).only().toFloats(), 1e-5f);
          assertEquals(answers.get(i), session.predict(inputs.get(i)));
        }
        assertEquals(rows, session.traits().maxBatchSize());
      }
    }
  }

  @Test
  void unnamedBatch_autoAxis_batches() {
    try (Session session = load(Models.unnamedBatch())) {
      assertEquals(1, session.signature().inputs().get(0).rank());
      List<Tensors> answers = session.predictAll(List.of(ramp(1), ramp(2)));
      assertEquals(session.predict(ramp(2)), answers.get(1));
    }
  }

  private static Tensors ramp(int seed) {
    float[] values = new float[16];
    for (int i = 0; i < values.length; i++) {
      values[i] = (i * (seed + 1)) % 7 - 3;
    }
    return x(values);
  }

  @Test
  void noBatchAxis_fixedAndIndependentAxes_runOneByOne() {
    try (Session session = load(Models.noBatchAxis())) {
      Tensors input =
          Tensors.of(
              "a", Tensor.of(Shape.of(3, 4), new float[12]),
              "b", Tensor.of(Shape.of(4, 2), new float[8]));
      assertEquals(Shape.of(3, 2), session.predict(input).get("c").shape());
      assertEquals(2, session.predictAll(List.of(input, input)).size());
      assertEquals(1, session.traits().maxBatchSize());
    }
    try (Session session = load(Models.twoAxes())) {
      Tensors input =
          Tensors.of(
              "x", Tensor.of(Shape.of(2, 4), new float[8]),
              "y", Tensor.of(Shape.of(5, 4), new float[20]));
      assertEquals(Shape.of(2, 5), session.predict(input).only().shape());
    }
  }

  @Test
  void twoInputs_rawRowsDisagree_refusedBeforeTheEngineBroadcasts() {
    try (Session session = load(Models.twoInputs())) {
      Tensors uneven =
          Tensors.of(
              "a", Tensor.of(Shape.of(2, 3), new float[6]),
              "b", Tensor.of(Shape.of(1, 3), new float[3]));
      assertThrows(InvalidInputException.class, () -> session.runRaw(uneven));
    }
  }

  @Test
  void outputsView_oneOfTwo_givesThatAlone() {
    try (Session session = load(Models.twoInputs())) {
      Tensors input = Tensors.of("a", Tensor.of(1, 2, 3f), "b", Tensor.of(4, 5, 6f));
      Session product = session.outputs("product");
      assertEquals(List.of("product"), product.predict(input).names());
      assertArrayEquals(new float[] {4, 10, 18}, product.predict(input).only().toFloats());
      assertEquals(List.of("sum", "product"), session.predict(input).names());
      IllegalArgumentException failure =
          assertThrows(IllegalArgumentException.class, () -> session.outputs("nope"));
      assertTrue(failure.getMessage().contains("[sum, product]"), failure::getMessage);
    }
  }

  @Test
  void gather_outOfRangeId_failsThatRunAndNoOther() {
    try (Session session = load(Models.gather(10, 4))) {
      Tensors good = Tensors.of("ids", Tensor.of(1L, 2L));
      Tensors bad = Tensors.of("ids", Tensor.of(1L, 99L));
      Tensors before = session.predict(good);
      EngineException failure = assertThrows(EngineException.class, () -> session.predict(bad));
      assertTrue(failure.getMessage().contains("out of data bounds"), failure::getMessage);
      assertEquals(before, session.predict(good));
      assertThrows(EngineException.class, () -> session.predictAll(List.of(good, bad)));
      assertEquals(before, session.predict(good));
    }
  }

  @Test
  void strings_labels_comeAsStrings() {
    try (Session session = load(Models.stringLabels())) {
      List<Tensors> answers = session.predictAll(List.of(x(1, 2), x(2, 1), x(0, 1)));
      assertEquals("yes", answers.get(0).only().getString(0));
      assertEquals("no", answers.get(1).only().getString(0));
      assertEquals("yes", answers.get(2).only().getString(0));
    }
  }
}
