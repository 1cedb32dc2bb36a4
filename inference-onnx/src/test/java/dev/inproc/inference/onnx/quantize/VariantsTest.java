package dev.inproc.inference.onnx.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.engine.Device;
import dev.inproc.inference.onnx.testing.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VariantsTest {

  @TempDir Path directory;

  private static GateReport any(Variants.Variant variant) {
    return report(List.of());
  }

  private static GateReport report(List<String> failures) {
    return new GateReport(1, 1, 1, 0, 1, 1, Double.NaN, "", failures);
  }

  @BeforeEach
  void models() throws IOException {
    Path in = Files.write(directory.resolve("model.onnx"), Models.mlp(64, 96, 32));
    QuantizeOptions all = QuantizeOptions.DEFAULT.withMinElements(1);
    Quantizer.quantize(in, directory.resolve("model_int8.onnx"), all);
    Quantizer.quantize(
        in, directory.resolve("model_q4.onnx"), all.withScheme(Scheme.BLOCKWISE_INT4));
    Files.copy(in, directory.resolve("model_fp16.onnx")); // it lies
    Files.copy(directory.resolve("model_int8.onnx"), directory.resolve("model_qint8_arm64.onnx"));
    Files.write(directory.resolve("broken.onnx"), new byte[] {1, 2, 3});
  }

  private Variants.Choice pick(
      Variants.Wish wish, Device device, Function<Variants.Variant, GateReport> gate) {
    return Variants.in(directory).pick(wish, device, gate);
  }

  private static String name(Variants.Choice choice) {
    return choice.variant().orElseThrow().file().getFileName().toString();
  }

  @Test
  void eachWish_picked_getsItsModel() {
    assertEquals(
        "model_q4.onnx", name(pick(Variants.Wish.SMALLEST, Device.cpu(), VariantsTest::any)));
    assertEquals("model.onnx", name(pick(Variants.Wish.EXACT, Device.cpu(), VariantsTest::any)));
    assertEquals(
        "model_int8.onnx",
        name(pick(Variants.Wish.ESTIMATED_FASTEST, Device.cpu(), VariantsTest::any)));
  }

  @Test
  void nameThatLies_isNoted() {
    Variants.Variant liar =
        Variants.in(directory).all().stream()
            .filter(v -> v.file().endsWith("model_fp16.onnx"))
            .findFirst()
            .orElseThrow();
    assertEquals(List.of("its name says FP16, its graph is FP32"), liar.notes());
    assertEquals(5, Variants.in(directory).all().size());
  }

  @Test
  void failedGate_givesWayToTheNext_andTheReasonsSaySo() {
    Variants.Choice choice =
        pick(
            Variants.Wish.ESTIMATED_FASTEST,
            Device.cpu(),
            v -> report(v.file().endsWith("model_int8.onnx") ? List.of("too far off") : List.of()));
    assertEquals("model_q4.onnx", name(choice));
    String reasons = String.join("\n", choice.reasons());
    assertTrue(reasons.contains("broken.onnx: not considered"), reasons);
    assertTrue(reasons.contains("model_int8.onnx: its gate failed: too far off"), reasons);
    assertTrue(reasons.contains("model_q4.onnx: taken"), reasons);
  }

  @Test
  void estimatedTime_isOfTheSchemeAndNotOfAText() throws IOException {
    Path in = directory.resolve("model.onnx");
    QuantizeOptions all = QuantizeOptions.DEFAULT.withMinElements(1);
    double last = 0;
    for (Scheme scheme : Scheme.values()) {
      Path out = directory.resolve("scheme.onnx");
      Quantizer.quantize(in, out, all.withScheme(scheme));
      ModelSummary summary = ModelInspector.inspect(out);
      assertEquals(Set.of(scheme), summary.schemes());
      double time = estimate(summary);
      assertTrue(time > last && time < 1, scheme + ": " + time);
      assertEquals(time, estimate(described(summary, "anything, row-wise, blockwise")));
      last = time;
    }
    assertEquals(1, estimate(ModelInspector.inspect(in)));
    Variants.Choice choice = pick(Variants.Wish.ESTIMATED_FASTEST, Device.cpu(), VariantsTest::any);
    String reason = choice.reasons().get(choice.reasons().size() - 1);
    assertTrue(reason.contains("taken, estimated the fastest left on cpu, 0."), reason);
  }

  private static double estimate(ModelSummary summary) {
    Variants.Variant variant = new Variants.Variant(Path.of("m.onnx"), summary, List.of());
    return Variants.estimatedTime(variant, Device.cpu());
  }

  private static ModelSummary described(ModelSummary s, String scheme) {
    return new ModelSummary(
        s.precision(),
        scheme,
        s.schemes(),
        s.weightBytes(),
        s.products(),
        s.parameters(),
        s.fileBytes(),
        s.externalBytes(),
        s.externalFiles(),
        s.irVersion(),
        s.opsets(),
        s.operators(),
        s.inputs(),
        s.outputs(),
        s.symbols(),
        s.producer(),
        s.metadata());
  }

  @Test
  void noGatePassed_picksNothing() {
    Variants.Choice choice = pick(Variants.Wish.EXACT, Device.cpu(), v -> report(List.of("no")));
    assertTrue(choice.variant().isEmpty());
    assertEquals("none is left", choice.reasons().get(choice.reasons().size() - 1));
  }

  @Test
  void onAGpu_dynamicInt8AndOtherProcessors_areNotTaken() {
    Variants.Choice choice =
        pick(Variants.Wish.ESTIMATED_FASTEST, Device.cuda(0), VariantsTest::any);
    assertEquals("model_q4.onnx", name(choice));
    Variants.Choice second =
        pick(
            Variants.Wish.ESTIMATED_FASTEST,
            Device.cuda(0),
            v -> report(v.file().endsWith("model.onnx") ? List.of() : List.of("no")));
    String reasons = String.join("\n", second.reasons());
    assertEquals("model.onnx", name(second));
    assertTrue(!reasons.contains("model_int8"), reasons);
  }

  @Test
  void namesInTheWild_claimWhatTheySay() {
    assertEquals(new VariantName(null, null), VariantName.of("model.onnx"));
    assertEquals(new VariantName(Precision.FP16, null), VariantName.of("model_fp16.onnx"));
    assertEquals(new VariantName(Precision.INT8, null), VariantName.of("model_uint8.onnx"));
    assertEquals(new VariantName(Precision.INT8, null), VariantName.of("model_quantized.onnx"));
    assertEquals(new VariantName(Precision.INT4, null), VariantName.of("model_q4f16.onnx"));
    assertEquals(new VariantName(Precision.INT4, null), VariantName.of("model_bnb4.onnx"));
    assertEquals(
        new VariantName(Precision.INT8, "avx512_vnni"),
        VariantName.of("model_qint8_avx512_vnni.onnx"));
    assertEquals(
        new VariantName(Precision.INT8, "avx512f"), VariantName.of("model_qint8_avx512.onnx"));
    assertEquals(new VariantName(Precision.INT8, "avx2"), VariantName.of("model_quint8_avx2.onnx"));
    assertEquals(
        new VariantName(Precision.INT8, "aarch64"), VariantName.of("model_qint8_arm64.onnx"));
    assertEquals(new VariantName(null, null), VariantName.of("model_O3.onnx"));
  }
}
