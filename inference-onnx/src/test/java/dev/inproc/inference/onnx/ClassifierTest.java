package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ClassifierTest {
  private static final int ROWS = 200;

  private static List<Tensors> rows(long seed) {
    Random random = new Random(seed);
    List<Tensors> rows = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      float[] row = new float[4];
      for (int j = 0; j < 4; j++) {
        row[j] = (float) random.nextGaussian() * 2;
      }
      rows.add(Tensors.of("x", Tensor.of(row)));
    }
    return rows;
  }

  private static int argMax(float[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }

  @Test
  void treeEnsemble_zipMapOfStrings_labelAndProbabilitiesAsTensors() {
    check(Models.treeEnsemble(true, true), "output_label", "output_probability", true);
  }

  @Test
  void treeEnsemble_zipMapOfIntegers_labelAndProbabilitiesAsTensors() {
    check(Models.treeEnsemble(true, false), "output_label", "output_probability", false);
  }

  @Test
  void treeEnsemble_withoutZipMap_thoseOfTheGraph() {
    check(Models.treeEnsemble(false, false), "label", "probabilities", false);
  }

  private static void check(byte[] model, String label, String scores, boolean strings) {
    try (Session session = new OnnxEngine().load(ModelSource.bytes("trees", model))) {
      List<Tensors> inputs = rows(11);
      List<Tensors> answers = session.predictAll(inputs);
      for (int i = 0; i < ROWS; i++) {
        float[] expected = Models.treeEnsembleReference(inputs.get(i).only().toFloats());
        Tensors answer = answers.get(i);
        assertArrayEquals(expected, answer.get(scores).toFloats(), 1e-6f, "seed 11, row " + i);
        int best = argMax(expected);
        if (strings) {
          assertEquals(Models.CLASS_NAMES.get(best), answer.get(label).getString(0));
        } else {
          assertEquals(best, answer.get(label).getLong(0));
        }
        // ONNX Runtime sums the trees of a lone row in another order than those of a batch.
        Tensors alone = session.predict(inputs.get(i));
        assertArrayEquals(answer.get(scores).toFloats(), alone.get(scores).toFloats(), 1e-6f);
        assertEquals(answer.get(label), alone.get(label));
      }
    }
  }

  @Test
  void zipMap_removed_classesAreLabelsInColumnOrder() {
    byte[] strings = Models.treeEnsemble(true, true);
    try (Session session = new OnnxEngine().load(ModelSource.bytes("trees", strings))) {
      assertEquals(Models.CLASS_NAMES, session.signature().output("output_probability").labels());
      assertEquals(
          Models.CLASS_NAMES, session.rawSignature().output("output_probability").labels());
      assertEquals(List.of(), session.signature().output("output_label").labels());
    }
    byte[] integers = Models.linearClassifierZipMap();
    try (Session session = new OnnxEngine().load(ModelSource.bytes("linear", integers))) {
      assertEquals(
          List.of("0", "1", "2"), session.signature().output("output_probability").labels());
      float[] x = {0.1f, -0.2f, 0.3f, 0.4f};
      assertArrayEquals(
          Models.linearClassifierReference(x),
          session.predict(Tensors.of("x", Tensor.of(x))).get("output_probability").toFloats(),
          1e-5f);
    }
  }

  @Test
  void zipMap_thatCannotBeRemoved_isReadOneByOne() {
    // Its scores are an output too: renaming them would leave that output without a source.
    byte[] model = UnremovableZipMap.model();
    try (Session session = new OnnxEngine().load(ModelSource.bytes("trees", model))) {
      assertEquals(List.of(), session.signature().output("maps").labels());
      List<Tensors> inputs = rows(12);
      List<Tensors> answers = session.predictAll(inputs);
      for (int i = 0; i < ROWS; i++) {
        assertArrayEquals(
            answers.get(i).get("scores").toFloats(), answers.get(i).get("maps").toFloats());
        assertEquals(answers.get(i), session.predict(inputs.get(i)));
      }
      assertFalse(answers.isEmpty());
    }
  }

  @Test
  void treeRegressor_rows_equalTheReference() {
    byte[] model = Models.treeRegressor();
    try (Session session = new OnnxEngine().load(ModelSource.bytes("regressor", model))) {
      for (Tensors input : rows(13)) {
        float expected = Models.treeRegressorReference(input.only().toFloats());
        assertEquals(expected, session.predict(input).only().getFloat(0), 1e-5f);
      }
    }
  }
}
