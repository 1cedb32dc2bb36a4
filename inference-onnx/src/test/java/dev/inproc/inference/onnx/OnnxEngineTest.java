package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.engine.Engine;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OnnxEngineTest {
  private static Tensors row(Random random, int width) {
    float[] values = new float[width];
    for (int i = 0; i < width; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensors.of("x", Tensor.of(values));
  }

  @Test
  void tinyMlp_predictAndPredictAll_equalTheReference() {
    Random random = new Random(1);
    try (Session session = new OnnxEngine().load(ModelSource.bytes("tiny", Models.tinyMlp()))) {
      List<Tensors> inputs = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        inputs.add(row(random, 16));
      }
      List<Tensors> answers = session.predictAll(inputs);
      for (int i = 0; i < 64; i++) {
        float[] x = inputs.get(i).only().toFloats();
        float[] expected = Models.tinyMlpReference(x);
        assertArrayEquals(expected, answers.get(i).get("y").toFloats(), 1e-5f);
        assertArrayEquals(expected, session.predict(inputs.get(i)).get("y").toFloats(), 1e-5f);
        assertArrayEquals(
            expected, session.submit(inputs.get(i)).join().get("y").toFloats(), 1e-5f);
      }
      assertEquals("onnx:tiny", session.toString());
      assertEquals("(x FLOAT32[16]) -> (y FLOAT32[1])", session.signature().toString());
    }
  }

  @Test
  void engine_serviceLoader_findsOnnx() {
    assertEquals("onnx", Engine.named("onnx").name());
  }

  @Test
  void paddedModel_mixedLengths_equalUnpadded() {
    SessionOptions padding =
        SessionOptions.builder().pad("input_ids", 0).pad("attention_mask", 0).build();
    Random random = new Random(2);
    byte[] model = Models.maskedMean(50, 8);
    try (Session padded = new OnnxEngine().load(ModelSource.bytes("m", model), padding);
        Session exact = new OnnxEngine().load(ModelSource.bytes("m", model))) {
      for (int round = 0; round < 30; round++) {
        List<Tensors> inputs = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
          int length = 1 + random.nextInt(12);
          long[] mask = new long[length];
          java.util.Arrays.fill(mask, 1);
          inputs.add(
              Tensors.of(
                  "input_ids", Tensor.of(random.longs(length, 0, 50).toArray()),
                  "attention_mask", Tensor.of(mask)));
        }
        List<Tensors> a = padded.predictAll(inputs);
        List<Tensors> b = exact.predictAll(inputs);
        for (int i = 0; i < inputs.size(); i++) {
          assertEquals(b.get(i).get("tokens"), a.get(i).get("tokens"));
          assertArrayEquals(
              b.get(i).get("mean").toFloats(), a.get(i).get("mean").toFloats(), 1e-6f);
        }
      }
    }
  }

  @Test
  void treeEnsemble_withZipMap_givesTensorsAndClasses() {
    byte[] model = Models.treeEnsemble(true, true);
    try (Session session = new OnnxEngine().load(ModelSource.bytes("trees", model))) {
      assertTrue(
          session.metadata().containsKey("output_probability.classes"),
          session.metadata()::toString);
      float[] x = {0.3f, -1, 2, 0.5f};
      Tensors answer = session.predict(Tensors.of("x", Tensor.of(x)));
      assertEquals(Shape.of(3), answer.get("output_probability").shape());
      assertArrayEquals(
          Models.treeEnsembleReference(x), answer.get("output_probability").toFloats(), 1e-6f);
    }
  }
}
