package dev.inproc.inference.onnx;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.engine.Integrity;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Invariant I5 on real models: which of them answer alike in a batch is found out at load. */
class IntegrityTest {
  private static final IntegrityOptions PATIENT =
      IntegrityOptions.DEFAULT.withTimeLimit(Duration.ofMinutes(1));

  private static Session minilm(String resource, IntegrityOptions integrity) {
    SessionOptions options =
        SessionOptions.builder()
            .pad("input_ids", 0)
            .pad("attention_mask", 0)
            .pad("token_type_ids", 0)
            .integrity(integrity)
            .build();
    ClassLoader loader = IntegrityTest.class.getClassLoader();
    return new OnnxEngine().load(ModelSource.resource(loader, resource), options);
  }

  /** [CLS] where is my parcel? [SEP] */
  private static Tensors sentence(long... tail) {
    long[] ids = new long[tail.length + 2];
    ids[0] = 101;
    System.arraycopy(tail, 0, ids, 1, tail.length);
    ids[ids.length - 1] = 102;
    long[] ones = new long[ids.length];
    Arrays.fill(ones, 1);
    Shape shape = Shape.of(ids.length);
    return Tensors.of(
        "input_ids", Tensor.of(shape, ids),
        "attention_mask", Tensor.of(shape, ones),
        "token_type_ids", Tensor.of(shape, new long[ids.length]));
  }

  @Test
  void miniLmFp32_probed_batchedAndPadded() {
    try (Session session = minilm("all-minilm-l6-v2.onnx", PATIENT)) {
      Integrity found = session.integrity();
      System.out.println("MiniLM FP32: " + found);
      assertTrue(found.isChecked() && found.isComplete(), found.toString());
      assertTrue(found.allowsBatching() && found.allowsPadding(), found.toString());
      double worst = found.worst().orElseThrow().deviation();
      assertTrue(worst < 1e-4, "rounding, not more: " + worst);
      assertSays(found.toString(), "[1, 2, 3, 8, 32]", "padded", "cpu", "ONNX Runtime", "threads");
    }
  }

  @Test
  void miniLmDynamicInt8_probed_runOneByOneUnlessAccepted() {
    Tensors mine = sentence(2073, 2003, 2026, 20463, 1029);
    Tensors mate = sentence(2057, 2031, 1037, 3291, 102);
    try (Session session = minilm("all-minilm-l6-v2-q.onnx", PATIENT)) {
      Integrity found = session.integrity();
      System.out.println("MiniLM dynamic INT8: " + found);
      assertTrue(found.isComplete());
      assertFalse(found.allowsBatching());
      assertEquals(1, session.traits().maxBatchSize());
      assertSays(found.toString(), "answers depend on batch-mates", "\"last_hidden_state\"");
      assertEquals(
          session.predict(mine), session.predictAll(List.of(mine, mate)).get(0), "not one bit");
    }
    try (Session session = minilm("all-minilm-l6-v2-q.onnx", PATIENT.withTolerance(1))) {
      assertTrue(session.integrity().allowsBatching());
      float[] alone = session.predict(mine).only().toFloats();
      float[] beside = session.predictAll(List.of(mine, mate)).get(0).only().toFloats();
      assertFalse(Arrays.equals(alone, beside), "else the probe has caught nothing real");
    }
  }

  /** As on a starved processor; then the background has its answer. */
  @Test
  void miniLm_timeIsUpAtOnce_runOneByOneUntilTheBackgroundHasItsAnswer() {
    IntegrityOptions hasty = IntegrityOptions.DEFAULT.withTimeLimit(Duration.ofMillis(1));
    Tensors mine = sentence(2073, 2003, 2026, 20463, 1029);
    Tensors mate = sentence(2057, 2031, 1037, 3291, 102);
    for (boolean quantized : new boolean[] {true, false}) {
      String resource = quantized ? "all-minilm-l6-v2-q.onnx" : "all-minilm-l6-v2.onnx";
      try (Session session = minilm(resource, hasty)) {
        assertFalse(session.integrity().isComplete());
        assertFalse(session.integrity().allowsBatching());
        assertFalse(session.integrity().allowsPadding());
        assertEquals(1, session.traits().maxBatchSize());
        assertEquals(session.predict(mine), session.predictAll(List.of(mine, mate)).get(0));
        Await.until("the probe", () -> session.integrity().isComplete());
        assertEquals(!quantized, session.integrity().allowsBatching());
        assertEquals(!quantized, session.integrity().allowsPadding());
        assertEquals(quantized ? 1 : 256, session.traits().maxBatchSize());
        float[] alone = session.predict(mine).only().toFloats();
        float[] beside = session.predictAll(List.of(mine, mate)).get(0).only().toFloats();
        assertArrayEquals(alone, beside, quantized ? 0 : 1e-4f);
      }
    }
  }

  @Test
  void pad_forSomeInputsOrFixedOnes_failsAtLoadAndNamesThem() {
    ClassLoader loader = IntegrityTest.class.getClassLoader();
    ModelSource source = ModelSource.resource(loader, "all-minilm-l6-v2-q.onnx");
    SessionOptions one = SessionOptions.builder().pad("input_ids", 0).build();
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> new OnnxEngine().load(source, one));
    assertSays(e, "missing", "attention_mask", "token_type_ids", "SessionOptions.pad");
    SessionOptions fixed = SessionOptions.builder().pad("x", 0).build();
    ModelSource mlp = ModelSource.bytes("mlp", Models.tinyMlp());
    assertSays(
        assertThrows(IllegalArgumentException.class, () -> new OnnxEngine().load(mlp, fixed)),
        "without dynamic dimensions",
        "x FLOAT32[16]");
  }

  @Test
  void modelsOfTheZoo_probed_asTheirGraphsSay() {
    assertFound(Models.tinyMlp(), true);
    assertFound(Models.convNet(), true);
    assertFound(Models.treeEnsemble(true, true), true);
    assertFound(Models.treeRegressor(), true);
    assertFound(Models.gather(2000, 8), true);
    assertFound(Models.gather(3, 8), true); // smaller integers are tried too
    assertFound(Models.fixedBatch(4), false);
    assertFound(Models.stringLabels(), true);
    assertFound(Models.noBatchAxis(), false);
    assertFound(Models.twoAxes(), false);
  }

  private static void assertFound(byte[] model, boolean checked) {
    try (Session session =
        new OnnxEngine()
            .load(
                ModelSource.bytes("zoo", model),
                SessionOptions.builder().integrity(PATIENT).build())) {
      Integrity found = session.integrity();
      assertEquals(checked, found.isChecked(), session.signature() + ": " + found);
      assertTrue(found.allowsBatching(), session.signature() + ": " + found);
    }
  }

  @Test
  void leakyMean_withPadding_isNotPadded() {
    SessionOptions padded = SessionOptions.builder().pad("input_ids", 0).integrity(PATIENT).build();
    try (Session session =
        new OnnxEngine().load(ModelSource.bytes("leaky", Models.leakyMean(500, 4)), padded)) {
      assertTrue(session.integrity().allowsBatching(), session.integrity().toString());
      assertFalse(session.integrity().allowsPadding(), session.integrity().toString());
    }
  }
}
