package dev.inproc.inference.engine;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.EngineException;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.LedgerModel;
import dev.inproc.inference.testing.ScriptedModel;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Invariant I5: a model whose answers depend on batch-mates is found out and run one by one. */
class IntegrityProbeTest {
  private static final int WIDTH = 3;
  private static final ModelSource MEMORY = ModelSource.bytes("m", new byte[] {1});

  /** What a row is given, with its batch's largest value in hand. */
  private interface Row {
    float answer(float[] row, float batchMax, int rows);
  }

  /** {@code (x FLOAT32[batch,3]) -> (y FLOAT32[batch])}. */
  private static ScriptedModel rows(Row function) {
    Signature signature =
        new Signature(
            List.of(
                TensorSpec.of(
                    "x", DataType.FLOAT32, new long[] {-1, WIDTH}, "batch", (String) null)),
            List.of(TensorSpec.of("y", DataType.FLOAT32, new long[] {-1}, "batch")));
    return new ScriptedModel(
        signature,
        inputs -> {
          float[] x = inputs.only().toFloats();
          int rows = x.length / WIDTH;
          float max = Float.NEGATIVE_INFINITY;
          for (float each : x) {
            max = Math.max(max, Math.abs(each)); // NaN wins
          }
          float[] y = new float[rows];
          for (int i = 0; i < rows; i++) {
            float[] row = new float[WIDTH];
            System.arraycopy(x, i * WIDTH, row, 0, WIDTH);
            y[i] = function.answer(row, max, rows);
          }
          return Tensors.of("y", Tensor.of(Shape.of(rows), y));
        });
  }

  private static float sum(float[] row) {
    return row[0] + row[1] + row[2];
  }

  private static Tensors example(float... values) {
    return Tensors.of("x", Tensor.of(values));
  }

  private static SessionOptions with(IntegrityOptions options) {
    return SessionOptions.builder().integrity(options).build();
  }

  private static Fixture probed(ScriptedModel model) {
    return Fixture.probed(MEMORY, SessionOptions.DEFAULT, model);
  }

  private static int largestRun(Fixture f) {
    f.session.predictAll(Collections.nCopies(8, example(1, 2, 3)));
    List<ScriptedModel.Run> runs = f.model().runs();
    return runs.get(runs.size() - 1).rows();
  }

  @Test
  void rowsApart_probed_foundWithoutDeviationAndBatched() {
    try (Fixture f = probed(rows((row, max, rows) -> sum(row)))) {
      Integrity found = f.session.integrity();
      assertTrue(found.isChecked() && found.isComplete());
      assertTrue(found.allowsBatching() && found.allowsPadding());
      assertEquals(0, found.worst().orElseThrow().deviation());
      assertSays(
          found.toString(),
          "no deviation above 1.0e-03 found (largest 0.0)",
          "beside ordinary examples, beside outliers, beside NaN",
          "batch sizes [1, 2, 3, 8, 32]",
          "cpu");
      assertEquals(8, largestRun(f));
      assertEquals(256, f.session.traits().maxBatchSize());
    }
  }

  @Test
  void sharedScale_probed_runOneByOne() {
    // As dynamic quantization does: a step of the batch's largest value over 127.
    ScriptedModel model =
        rows((row, max, rows) -> Math.round(sum(row) / (max / 127)) * (max / 127));
    try (Fixture f = probed(model)) {
      Integrity found = f.session.integrity();
      assertFalse(found.allowsBatching());
      assertFalse(found.allowsPadding());
      assertSays(found.toString(), "answers depend on", "\"y\"", "so examples are run one by one");
      assertEquals(1, largestRun(f));
      assertEquals(1, f.session.traits().maxBatchSize());
      assertEquals(1, f.session.outputs("y").traits().maxBatchSize());
    }
  }

  @Test
  void nanMate_poisonsTheBatch_isNamedAsTheCause() {
    ScriptedModel model = rows((row, max, rows) -> Float.isNaN(max) ? Float.NaN : sum(row));
    try (Fixture f = probed(model)) {
      Integrity.Finding worst = f.session.integrity().worst().orElseThrow();
      assertEquals(ProbeCompanions.NANS, worst.companions());
      assertEquals(2, worst.batchSize());
      assertEquals(Double.POSITIVE_INFINITY, worst.deviation());
      assertSays(
          f.session.integrity().toString(), "beside NaN in a batch of 2", "more than any number");
      assertEquals(1, largestRun(f));
    }
  }

  @Test
  void outlierMate_alone_isNamedAsTheCause() {
    ScriptedModel model = rows((row, max, rows) -> sum(row) + (max > 500 ? 1 : 0));
    try (Fixture f = probed(model)) {
      Integrity.Finding worst = f.session.integrity().worst().orElseThrow();
      assertEquals(ProbeCompanions.OUTLIERS, worst.companions());
      assertFalse(f.session.integrity().allowsBatching());
    }
  }

  @Test
  void otherKernelFromEightRows_isFoundAtThatSize() {
    ScriptedModel model = rows((row, max, rows) -> sum(row) * (rows >= 8 ? 1.01f : 1));
    try (Fixture f = probed(model)) {
      Integrity.Finding worst = f.session.integrity().worst().orElseThrow();
      assertTrue(worst.batchSize() >= 8, worst.toString());
      assertFalse(f.session.integrity().allowsBatching());
    }
  }

  @Test
  void tolerance_aboveTheDeviation_acceptsAndSaysSo() {
    IntegrityOptions lenient = IntegrityOptions.DEFAULT.withTolerance(0.05);
    ScriptedModel model = rows((row, max, rows) -> sum(row) * (rows > 1 ? 1.01f : 1));
    try (Fixture f = Fixture.probed(MEMORY, with(lenient), model)) {
      assertTrue(f.session.integrity().allowsBatching());
      assertSays(
          f.session.integrity().toString(), "no deviation above 5.0e-02 found (largest 1.0e-02");
      assertEquals(8, largestRun(f));
    }
  }

  @Test
  void failsInBatchesOnly_runOneByOne() {
    ScriptedModel model =
        rows(
            (row, max, rows) -> {
              if (rows > 1) {
                throw new EngineException("one row only", null);
              }
              return sum(row);
            });
    try (Fixture f = probed(model)) {
      assertFalse(f.session.integrity().allowsBatching());
      assertEquals(8, f.session.predictAll(Collections.nCopies(8, example(1, 2, 3))).size());
    }
  }

  @Test
  void randomModel_isFoundAlone() {
    int[] calls = {0};
    ScriptedModel model = rows((row, max, rows) -> sum(row) + calls[0]++);
    try (Fixture f = probed(model)) {
      assertFalse(f.session.integrity().allowsBatching());
      assertEquals(ProbeCompanions.NONE, f.session.integrity().findings().get(0).companions());
      assertTrue(f.session.integrity().findings().get(0).deviation() > 0);
    }
  }

  @Test
  void skip_runsNothing() {
    try (Fixture f =
        Fixture.probed(MEMORY, with(IntegrityOptions.skip()), rows((row, max, rows) -> max))) {
      assertEquals(0, f.model().started());
      assertFalse(f.session.integrity().isChecked());
      assertTrue(f.session.integrity().allowsBatching());
      assertSays(f.session.integrity().toString(), "not checked", "skip()");
    }
  }

  @Test
  void inputsRefused_uncheckedAndRunOneByOne() {
    ScriptedModel model =
        rows(
            (row, max, rows) -> {
              if (Math.abs(row[0]) < 100) {
                throw new EngineException("too small", null);
              }
              return sum(row);
            });
    try (Fixture f = probed(model)) {
      assertFalse(f.session.integrity().isChecked());
      assertFalse(f.session.integrity().allowsBatching());
      assertSays(
          f.session.integrity().toString(),
          "refused inputs made up",
          "too small",
          "one by one",
          "IntegrityOptions.withInputs");
      f.session.predictAll(Collections.nCopies(8, example(100, 200, 300)));
      List<ScriptedModel.Run> runs = f.model().runs();
      assertEquals(1, runs.get(runs.size() - 1).rows());
    }
    IntegrityOptions own = IntegrityOptions.DEFAULT.withInputs(example(100, 200, 300));
    try (Fixture f = Fixture.probed(MEMORY, with(own), rows((row, max, rows) -> sum(row)))) {
      assertTrue(f.session.integrity().allowsBatching());
    }
  }

  @Test
  void inputsThatDoNotFit_loadingFails() {
    IntegrityOptions wrong = IntegrityOptions.DEFAULT.withInputs(example(1, 2));
    ScriptedModel model = rows((row, max, rows) -> sum(row));
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> Fixture.probed(MEMORY, with(wrong), model));
    assertSays(e, "withInputs", "\"x\"", "FLOAT32[2]");
    assertEquals(1, model.closes());
    assertEquals(List.of(), model.violations());
  }

  @Test
  void padding_thatLeaks_isRefusedAloneAndBatchingStays() {
    ScriptedModel leaky = leaky(false);
    try (Fixture f = Fixture.probed(MEMORY, Fixture.padded(), leaky)) {
      Integrity found = f.session.integrity();
      assertTrue(found.allowsBatching());
      assertFalse(found.allowsPadding());
      assertSays(found.toString(), "an example run padded", "examples are not padded");
      f.session.predictAll(List.of(LedgerModel.sequence(0, 10), LedgerModel.sequence(50, 9)));
      List<ScriptedModel.Run> runs = f.model().runs();
      assertEquals(1, runs.get(runs.size() - 1).rows(), "two lengths, two runs");
    }
    try (Fixture f = Fixture.probed(MEMORY, Fixture.padded(), leaky(true))) {
      assertTrue(f.session.integrity().allowsPadding(), f.session.integrity().toString());
    }
  }

  /** Counts ids; with the mask heeded, ids with mask 1 only. */
  private static ScriptedModel leaky(boolean heedsMask) {
    long[] open = {-1, -1};
    Signature signature =
        new Signature(
            List.of(
                TensorSpec.of("ids", DataType.INT64, open, "batch", "length"),
                TensorSpec.of("mask", DataType.INT64, open, "batch", "length")),
            List.of(TensorSpec.of("count", DataType.INT64, new long[] {-1}, "batch")));
    return new ScriptedModel(
        signature,
        inputs -> {
          int rows = (int) inputs.get("ids").shape().dim(0);
          int length = (int) inputs.get("ids").shape().dim(1);
          long[] mask = inputs.get("mask").toLongs();
          long[] counts =
              IntStream.range(0, rows)
                  .mapToLong(
                      row ->
                          IntStream.range(0, length)
                              .mapToLong(i -> heedsMask ? mask[row * length + i] : 1)
                              .sum())
                  .toArray();
          return Tensors.of("count", Tensor.of(Shape.of(rows), counts));
        });
  }

  @Test
  void devicesOfTwoKinds_areProbedApart() {
    ScriptedModel fine = rows((row, max, rows) -> sum(row));
    ScriptedModel faulty = rows((row, max, rows) -> sum(row) + rows);
    faulty.claim(Device.cuda(0));
    SessionOptions both = SessionOptions.builder().devices(Device.cpu(), Device.cuda(0)).build();
    try (Fixture f = Fixture.probed(MEMORY, both, fine, faulty)) {
      assertFalse(f.session.integrity().allowsBatching());
      assertSays(f.session.integrity().toString(), "cpu, cuda:0");
    }
  }

  @Test
  void fixedBatch_fillsUpWithItself_foundWithoutDeviation() {
    Signature signature =
        new Signature(
            List.of(TensorSpec.fixed("id", DataType.INT64, 4)),
            List.of(TensorSpec.fixed("answer", DataType.INT64, 4)));
    ScriptedModel model =
        new ScriptedModel(
            signature,
            inputs -> Tensors.of("answer", Tensor.of(Shape.of(4), inputs.only().toLongs())));
    SessionOptions leading = SessionOptions.builder().batchAxis(BatchAxis.LEADING).build();
    try (Fixture f = Fixture.probed(MEMORY, leading, model)) {
      assertTrue(f.session.integrity().isChecked());
      assertTrue(f.session.integrity().allowsBatching());
      assertSays(f.session.integrity().toString(), "batch sizes [1, 2, 3, 4]");
    }
  }
}
