package dev.inproc.inference.tf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.tf.testing.GraphWriter;
import dev.inproc.inference.tf.testing.SavedModels;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The memory of inputs is used again: nothing of an earlier run may change by that, or change it.
 */
class AliasingTest {
  private static final int RUNS = 2000;
  @TempDir Path directory;

  private static boolean keepsInputs(GraphWriter model) {
    SavedModelGraph graph = SavedModelReader.read(model.bytes()).get(0);
    return SafetyCheck.operators(graph, graph.signatures().get("serving_default")).stream()
        .anyMatch(Operators::keepsTensors);
  }

  @Test
  void keepsInputs_toldByTheOperators() {
    assertFalse(keepsInputs(SavedModels.tinyMlp()));
    assertFalse(keepsInputs(SavedModels.slow()));
    assertTrue(keepsInputs(SavedModels.remember()));
  }

  /** A variable takes the input's very buffer for its value. */
  @Test
  void predict_variableKeepsTheInput_keepsItsValueThroughLaterRuns() {
    Path model = SavedModels.remember().write(directory);
    try (Session session = new TensorFlowEngine().load(ModelSource.file(model));
        Session store = session.outputs("stored");
        Session last = session.outputs("last")) {
      Random random = new Random(5);
      for (int i = 0; i < RUNS; i++) {
        Tensors kept = Tensors.of("x", Tensor.of(random.nextFloat(), random.nextFloat()));
        Tensors other = Tensors.of("x", Tensor.of(random.nextFloat(), random.nextFloat()));
        store.predict(kept);
        // Fills the binding's memory anew, of another shape of outputs and of the same.
        float[] remembered = last.predict(other).get("last").toFloats();
        assertArrayEquals(kept.only().toFloats(), remembered, "run " + i);
      }
      Tensors kept = Tensors.of("x", Tensor.of(1f, 2f));
      Tensors other = Tensors.of("x", Tensor.of(3f, 4f));
      store.predict(kept);
      Tensors both = session.predict(other);
      assertArrayEquals(new float[] {1, 2}, both.get("last").toFloats());
    }
  }

  /** An output that is the input itself, and operators that would compute in place. */
  @Test
  void predict_forwardedBuffers_leaveEachAnswerItsOwn() {
    Path identity = SavedModels.identity(DataType.FLOAT32).write(directory.resolve("identity"));
    Path sums = SavedModels.twoInputs().write(directory.resolve("sums"));
    try (Session same = new TensorFlowEngine().load(ModelSource.file(identity));
        Session two = new TensorFlowEngine().load(ModelSource.file(sums))) {
      Random random = new Random(6);
      float[] last = {};
      Tensors lastAnswer = null;
      for (int i = 0; i < RUNS; i++) {
        float[] a = {random.nextFloat(), random.nextFloat(), random.nextFloat()};
        float[] b = {random.nextFloat(), random.nextFloat(), random.nextFloat()};
        Tensors answer = same.predict(Tensors.of("x", Tensor.of(a)));
        if (lastAnswer != null) {
          assertArrayEquals(last, lastAnswer.only().toFloats());
        }
        assertArrayEquals(a, answer.only().toFloats());
        last = a;
        lastAnswer = answer;
        Tensors both = two.predict(Tensors.of("a", Tensor.of(a), "b", Tensor.of(b)));
        for (int j = 0; j < 3; j++) {
          float sum = a[j] + b[j];
          assertTrue(both.get("sum").getFloat(j) == sum, "run " + i);
          assertTrue(both.get("product").getFloat(j) == a[j] * b[j], "run " + i);
        }
      }
    }
  }
}
