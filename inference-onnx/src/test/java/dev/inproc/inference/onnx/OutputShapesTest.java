package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.EngineException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutputShapesTest {
  private static Session load(byte[] model) {
    return new OnnxEngine().load(ModelSource.bytes("model", model));
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
  void twoAxes_ofDifferentNames_areNoBatch() {
    try (Session session = load(Models.twoAxes())) {
      Tensors input =
          Tensors.of(
              "x", Tensor.of(Shape.of(2, 4), new float[8]),
              "y", Tensor.of(Shape.of(5, 4), new float[20]));
      assertEquals(Shape.of(2, 5), session.predict(input).only().shape());
    }
  }
}
