package dev.inproc.inference.tf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.EngineException;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.Device;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.TestDevice;
import dev.inproc.inference.tf.testing.GraphWriter;
import dev.inproc.inference.tf.testing.SavedModels;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What TensorFlow has of its own; the rest is in {@link TensorFlowEngineContractTest}. */
class TensorFlowEngineTest {
  @TempDir Path directory;

  private Session load(GraphWriter model, TensorFlowOptions options) {
    return new TensorFlowEngine(options).load(ModelSource.file(model.write(directory)));
  }

  private Session load(GraphWriter model) {
    return load(model, TensorFlowOptions.DEFAULT);
  }

  @Test
  void predict_xlaAndThreads_answersTheSame() {
    float[] row = new float[16];
    Arrays.fill(row, 0.3f);
    TensorFlowOptions xla = TensorFlowOptions.builder().xla(true).build();
    SessionOptions options =
        SessionOptions.builder().parallelism(2).intraOpThreads(1).warmUp(1, 8).build();
    ModelSource source = ModelSource.file(SavedModels.tinyMlp().write(directory));
    try (Session session = new TensorFlowEngine(xla).load(source, options)) {
      float[] answer = session.predict(Tensors.of("x", Tensor.of(row))).only().toFloats();
      assertArrayEquals(SavedModels.tinyMlpReference(row), answer, 1e-5f);
    }
  }

  @Test
  void predict_idOutOfRange_failsThatRunAlone() {
    try (Session session = load(SavedModels.gather())) {
      Tensors bad = Tensors.of("ids", Tensor.of(1L, 1000L));
      EngineException failure = assertThrows(EngineException.class, () -> session.predict(bad));
      assertTrue(failure.getMessage().contains("1000"), failure::getMessage);
      Tensors good = Tensors.of("ids", Tensor.of(1L, 2L));
      assertEquals(Shape.of(SavedModels.WIDTH), session.predict(good).get("sum").shape());
    }
  }

  @Test
  void inputOfUnknownRank_runsAlone_andTogetherWithAShape() {
    Tensors one = Tensors.of("x", Tensor.of(1f, -2f));
    try (Session session = load(SavedModels.anyShape())) {
      assertEquals(1, session.traits().maxBatchSize());
      Tensors square = Tensors.of("x", Tensor.of(Shape.of(1, 2), 3f, 4f));
      List<Tensors> answers = session.predictAll(List.of(one, square, one));
      assertEquals(Shape.of(1, 2), answers.get(1).only().shape());
      assertArrayEquals(new float[] {-1, 2}, answers.get(2).only().toFloats());
    }
    SessionOptions options = SessionOptions.builder().inputShape("x", -1, -1).build();
    ModelSource source = ModelSource.file(SavedModels.anyShape().write(directory.resolve("a")));
    try (Session session = new TensorFlowEngine().load(source, options)) {
      assertTrue(session.traits().maxBatchSize() > 1);
      assertArrayEquals(new float[] {-1, 2}, session.predict(one).only().toFloats());
    }
  }

  @Test
  void signature_another_isServedAndAWrongOneListsThem() {
    TensorFlowOptions negate = TensorFlowOptions.builder().signature("negate").build();
    try (Session session = load(SavedModels.twoSignatures(), negate)) {
      Tensors answer = session.predict(Tensors.of("x", Tensor.of(1f, 2f)));
      assertArrayEquals(new float[] {-1, -2}, answer.get("negative").toFloats());
    }
    TensorFlowOptions wrong = TensorFlowOptions.builder().signature("train").build();
    ModelLoadException failure =
        assertThrows(ModelLoadException.class, () -> load(SavedModels.twoSignatures(), wrong));
    assertTrue(
        failure.getMessage().contains("no signature \"train\"; the model has [negate, serving_"),
        failure::getMessage);
    TensorFlowOptions tags = TensorFlowOptions.builder().tags("serve", "gpu").build();
    failure = assertThrows(ModelLoadException.class, () -> load(SavedModels.tinyMlp(), tags));
    assertTrue(failure.getMessage().contains("[[serve]]"), failure::getMessage);
  }

  @Test
  void device_missingGpu_saysWhatToDependOn() {
    Assumptions.assumeFalse(TestDevice.hasNvidia(), "this machine has a GPU");
    ModelSource source = ModelSource.file(SavedModels.tinyMlp().write(directory));
    SessionOptions required = SessionOptions.builder().devices(Device.cuda(0)).build();
    ModelLoadException failure =
        assertThrows(ModelLoadException.class, () -> new TensorFlowEngine().load(source, required));
    assertTrue(failure.getMessage().contains("linux-x86_64-gpu"), failure::getMessage);
  }
}
