package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import org.junit.jupiter.api.Test;

class OnnxEngineTest {

  @Test
  void treeEnsemble_withZipMap_givesTensorsAndClasses() {
    byte[] model = Models.treeEnsemble(true, true);
    try (Session session = new OnnxEngine().load(ModelSource.bytes("trees", model))) {
      assertEquals(Models.CLASS_NAMES, session.signature().output("output_probability").labels());
      float[] x = {0.3f, -1, 2, 0.5f};
      Tensors answer = session.predict(Tensors.of("x", Tensor.of(x)));
      assertEquals(Shape.of(3), answer.get("output_probability").shape());
      assertArrayEquals(
          Models.treeEnsembleReference(x), answer.get("output_probability").toFloats(), 1e-6f);
    }
  }
}
