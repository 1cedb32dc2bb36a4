package dev.inproc.inference.onnx.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.engine.InputRecorder;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccuracyGateTest {
  private static final OnnxEngine ENGINE = new OnnxEngine();
  private static final QuantizeOptions ALL = QuantizeOptions.DEFAULT.withMinElements(1);

  @TempDir Path directory;

  private Path fp32() throws IOException {
    return Files.write(directory.resolve("in.onnx"), Models.mlp(64, 96, 48, 32));
  }

  private Path quantized(Scheme scheme) throws IOException {
    Path out = directory.resolve(scheme.label() + ".onnx");
    Quantizer.quantize(fp32(), out, ALL.withScheme(scheme));
    return out;
  }

  private static Session load(Path model) {
    return ENGINE.load(ModelSource.file(model), SessionOptions.DEFAULT);
  }

  @Test
  void rowwise_gated_passes() throws IOException {
    try (Session reference = load(fp32());
        Session candidate = load(quantized(Scheme.ROWWISE_INT8))) {
      GateReport report = AccuracyGate.DEFAULT.compare(reference, candidate, 50);
      assertTrue(report.passed(), report.toString());
      assertEquals(50, report.examples());
      assertTrue(report.minCosine() > 0.999 && report.minCosine() < 1, report.toString());
      assertTrue(report.meanCosine() >= report.minCosine());
      assertTrue(report.agreementBound() < report.agreement());
    }
  }

  @Test
  void ordinaryDynamic_gated_failsOnBatchMatesAlone() throws IOException {
    try (Session reference = load(fp32());
        Session candidate = load(quantized(Scheme.DYNAMIC_INT8))) {
      GateReport report = AccuracyGate.DEFAULT.compare(reference, candidate, 20);
      assertEquals(1, report.failures().size(), report.toString());
      assertTrue(report.failures().get(0).contains("depend on batch-mates"), report.toString());
      assertTrue(
          AccuracyGate.DEFAULT.withIntegrity(false).compare(reference, candidate, 20).passed());
    }
  }

  @Test
  void everyLimit_missed_isNamed() throws IOException {
    try (Session reference = load(fp32());
        Session candidate = load(quantized(Scheme.ROWWISE_INT8))) {
      GateReport report =
          AccuracyGate.DEFAULT
              .withMinCosine(0.9999999)
              .withMaxError(1e-9)
              .withMinAgreement(0.999)
              .withMetric((a, b) -> 0.25, 0.5)
              .compare(reference, candidate, 20);
      assertFalse(report.passed());
      assertEquals(4, report.failures().size(), report.toString());
      assertEquals(0.25, report.meanMetric());
    }
  }

  @Test
  void noExamples_gated_areRefused() throws IOException {
    try (Session reference = load(fp32())) {
      assertThrows(
          IllegalArgumentException.class,
          () -> AccuracyGate.DEFAULT.compare(reference, reference, List.of()));
    }
  }

  @Test
  void recordedInputs_feedGateAndCalibration() throws IOException {
    Path in = Files.write(directory.resolve("in.onnx"), Models.mlp(64, 96, 32));
    Path out = directory.resolve("out.onnx");
    InputRecorder recorder = new InputRecorder(20, 1 << 16, 1);
    try (Session reference = load(in);
        Predictor<Tensors, Tensors> recorded = reference.borrowed().with(recorder)) {
      recorded.predictAll(GeneratedInputs.of(reference.signature(), 30));
      assertEquals("", Quantizer.quantize(in, out, ALL, recorder.examples()).note());
      try (Session candidate = load(out)) {
        GateReport report =
            AccuracyGate.DEFAULT
                .withIntegrity(false)
                .compare(reference, candidate, recorder.examples());
        assertEquals(20, report.examples());
        assertTrue(report.passed(), report.toString());
      }
    }
  }

  // ---- automatic ----

  @Test
  void automatic_withAGateThatPasses_excludesNothing() throws IOException {
    AutomaticQuantizer.Outcome outcome = automatic(0.99, 2);
    assertTrue(outcome.passed(), outcome.reason());
    assertEquals(List.of(), outcome.excluded());
  }

  @Test
  void automatic_withAStricterGate_excludesTheWorstUntilItPasses() throws IOException {
    AutomaticQuantizer.Outcome all = automatic(0, 0);
    double first = all.gate().minCosine();
    AutomaticQuantizer.Outcome outcome = automatic(first + (1 - first) * 0.1, 2);
    assertTrue(outcome.passed(), outcome.reason());
    assertFalse(outcome.excluded().isEmpty());
    assertTrue(outcome.gate().minCosine() > first);
    assertEquals(3 - outcome.excluded().size(), outcome.quantization().changed().size());
    assertFalse(Files.exists(directory.resolve("out.onnx.trial")));
  }

  @Test
  void automatic_withAGateNothingPasses_saysWhyNot() throws IOException {
    AutomaticQuantizer.Outcome outcome = automatic(1.5, 1);
    assertFalse(outcome.passed());
    assertEquals(1, outcome.excluded().size());
    assertTrue(outcome.reason().contains("1 nodes left out are not enough"), outcome.reason());
  }

  private AutomaticQuantizer.Outcome automatic(double minCosine, int maxExcluded)
      throws IOException {
    Path in = fp32();
    List<Tensors> examples;
    try (Session reference = load(in)) {
      examples = GeneratedInputs.of(reference.signature(), 20);
    }
    return new AutomaticQuantizer(
            ENGINE,
            SessionOptions.DEFAULT,
            AccuracyGate.DEFAULT.withMinCosine(minCosine),
            maxExcluded)
        .quantize(in, directory.resolve("out.onnx"), ALL, examples);
  }
}
