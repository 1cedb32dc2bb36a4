package dev.inproc.inference.tf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.EngineException;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.PredictorClosedException;
import dev.inproc.inference.engine.BatchAxis;
import dev.inproc.inference.engine.Device;
import dev.inproc.inference.engine.Engine;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.tf.testing.GraphWriter;
import dev.inproc.inference.tf.testing.SavedModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorFlowEngineTest {
  @TempDir Path directory;

  private Session load(GraphWriter model, TensorFlowOptions options) {
    return new TensorFlowEngine(options).load(ModelSource.file(model.write(directory)));
  }

  private Session load(GraphWriter model) {
    return load(model, TensorFlowOptions.DEFAULT);
  }

  private static float[] row(Random random, int width) {
    float[] row = new float[width];
    for (int i = 0; i < width; i++) {
      row[i] = random.nextFloat() - 0.5f;
    }
    return row;
  }

  @Test
  void predict_tinyMlp_answersAsTheReference() {
    Random random = new Random(1);
    try (Session session = load(SavedModels.tinyMlp())) {
      assertEquals("(x FLOAT32[16]) -> (y FLOAT32[1])", session.signature().toString());
      List<Tensors> inputs = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        float[] row = row(random, 16);
        inputs.add(Tensors.of("x", Tensor.of(row)));
        float[] answer = session.predict(inputs.get(i)).get("y").toFloats();
        assertArrayEquals(SavedModels.tinyMlpReference(row), answer, 1e-5f);
      }
      List<Tensors> answers = session.predictAll(inputs);
      for (int i = 0; i < answers.size(); i++) {
        float[] row = inputs.get(i).get("x").toFloats();
        assertArrayEquals(
            SavedModels.tinyMlpReference(row), answers.get(i).get("y").toFloats(), 1e-5f);
      }
      assertEquals("2.18.0", session.metadata().get("version"));
      assertEquals(Device.cpu(), session.device());
      assertTrue(session.toString().startsWith("tensorflow:"), session.toString());
    }
  }

  @Test
  void predict_xlaAndThreads_answersTheSame() {
    Random random = new Random(2);
    float[] row = row(random, 16);
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
  void predictAll_maskedMeanPadded_ignoresThePadding() {
    SessionOptions options =
        SessionOptions.builder().pad("input_ids", 0).pad("attention_mask", 0).build();
    ModelSource source = ModelSource.file(SavedModels.maskedMean().write(directory));
    Random random = new Random(3);
    try (Session session = new TensorFlowEngine().load(source, options)) {
      List<Tensors> inputs = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        long[] ids = random.longs(1 + random.nextInt(20), 0, SavedModels.VOCABULARY).toArray();
        long[] mask = random.longs(ids.length, 0, 2).toArray();
        mask[0] = 1;
        inputs.add(Tensors.of("input_ids", Tensor.of(ids), "attention_mask", Tensor.of(mask)));
      }
      List<Tensors> answers = session.predictAll(inputs);
      for (int i = 0; i < inputs.size(); i++) {
        long[] ids = inputs.get(i).get("input_ids").toLongs();
        float[] expected =
            SavedModels.maskedMeanReference(ids, inputs.get(i).get("attention_mask").toLongs());
        assertArrayEquals(expected, answers.get(i).get("mean").toFloats(), 1e-5f);
        assertEquals(Shape.of(ids.length, SavedModels.WIDTH), answers.get(i).get("tokens").shape());
      }
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
  void predict_badInputs_areRefusedByName() {
    try (Session session = load(SavedModels.tinyMlp())) {
      for (Tensors bad :
          List.of(
              Tensors.of("z", Tensor.of(new float[16])),
              Tensors.of("x", Tensor.of(new float[15])),
              Tensors.of("x", Tensor.of(1L)),
              Tensors.of("x", Tensor.of(new float[16]), "z", Tensor.of(1f)))) {
        assertThrows(InvalidInputException.class, () -> session.predict(bad));
      }
    }
  }

  @Test
  void outputs_oneOfTwo_givesThatOneAlone() {
    try (Session session = load(SavedModels.twoInputs())) {
      Tensors input = Tensors.of("a", Tensor.of(1f, 2f, 3f), "b", Tensor.of(4f, 5f, 6f));
      assertEquals(List.of("sum", "product"), session.predict(input).names());
      Tensors sum = session.outputs("sum").predict(input);
      assertEquals(List.of("sum"), sum.names());
      assertArrayEquals(new float[] {5, 7, 9}, sum.only().toFloats());
    }
  }

  @Test
  void shapes_fixedNoneScalarAndDataDependent_areServed() {
    Random random = new Random(4);
    List<Tensors> inputs = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      inputs.add(Tensors.of("x", Tensor.of(row(random, 16))));
    }
    SessionOptions leading = SessionOptions.builder().batchAxis(BatchAxis.LEADING).build();
    ModelSource fixed = ModelSource.file(SavedModels.fixedBatch(4).write(directory));
    try (Session session = new TensorFlowEngine().load(fixed, leading)) {
      List<Tensors> answers = session.predictAll(inputs);
      for (int i = 0; i < 6; i++) {
        assertArrayEquals(
            SavedModels.tinyMlpReference(inputs.get(i).only().toFloats()),
            answers.get(i).only().toFloats(),
            1e-5f);
      }
    }
    try (Session session = load(SavedModels.noBatchAxis())) {
      Tensors input =
          Tensors.of(
              "a", Tensor.of(Shape.of(3, 4), new float[12]),
              "b", Tensor.of(Shape.of(4, 2), new float[8]));
      assertEquals(Shape.of(3, 2), session.predict(input).only().shape());
    }
    try (Session session = load(SavedModels.scalarOutput())) {
      Tensor two = Tensor.of(Shape.of(2, 4), 1, 2, 3, 4, 5, 6, 7, 8f);
      assertEquals(36f, session.predict(Tensors.of("x", two)).only().getFloat(0));
    }
    try (Session session = load(SavedModels.dataDependent())) {
      Tensor none = Tensor.of(Shape.of(1, 4), 0, 0, 0, 0f);
      assertEquals(Shape.of(0, 2), session.runRaw(Tensors.of("x", none)).only().shape());
      Tensor some = Tensor.of(Shape.of(1, 4), 0, 1, 0, 1f);
      assertArrayEquals(
          new long[] {0, 1, 0, 3}, session.runRaw(Tensors.of("x", some)).only().toLongs());
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
    TensorFlowOptions options = TensorFlowOptions.builder().inputShape("x", -1, -1).build();
    try (Session session = load(SavedModels.anyShape(), options)) {
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
  void device_missingGpu_requiredFailsPreferredSaysCpu() {
    ModelSource source = ModelSource.file(SavedModels.tinyMlp().write(directory));
    SessionOptions required = SessionOptions.builder().devices(Device.cuda(0)).build();
    ModelLoadException failure =
        assertThrows(ModelLoadException.class, () -> new TensorFlowEngine().load(source, required));
    assertTrue(failure.getMessage().contains("linux-x86_64-gpu"), failure::getMessage);
    SessionOptions preferred = SessionOptions.builder().devices(Device.cuda(0).preferred()).build();
    try (Session session = new TensorFlowEngine().load(source, preferred)) {
      assertEquals(Device.cpu(), session.device());
    }
    SessionOptions two = SessionOptions.builder().devices(Device.cpu(), Device.cpu()).build();
    try (Session session = new TensorFlowEngine().load(source, two)) {
      assertEquals(2, session.devices().size());
      session.predict(Tensors.of("x", Tensor.of(new float[16])));
    }
    SessionOptions abacus = SessionOptions.builder().devices(Device.of("abacus", 0)).build();
    assertThrows(ModelLoadException.class, () -> new TensorFlowEngine().load(source, abacus));
  }

  @Test
  void session_closedTwice_refusesCalls() {
    Session session = load(SavedModels.tinyMlp());
    session.close();
    session.close();
    Tensors input = Tensors.of("x", Tensor.of(new float[16]));
    assertThrows(PredictorClosedException.class, () -> session.predict(input));
  }

  @Test
  void engine_byName_isFound() {
    assertEquals("tensorflow", Engine.named("tensorflow").name());
  }
}
