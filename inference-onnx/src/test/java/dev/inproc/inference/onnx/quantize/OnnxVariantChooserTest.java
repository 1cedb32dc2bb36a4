package dev.inproc.inference.onnx.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.Device;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.model.Manifest;
import dev.inproc.inference.model.ModelRepository;
import dev.inproc.inference.model.ModelVersion;
import dev.inproc.inference.model.VariantChooser.Wish;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.onnx.testing.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxVariantChooserTest {
  @TempDir Path directory;
  private ModelRepository repository;
  private ModelVersion version;

  @BeforeEach
  void publish() throws IOException {
    Path fp32 = Files.write(directory.resolve("model.onnx"), Models.mlp(64, 96, 32));
    Path int8 = directory.resolve("model_int8.onnx");
    Quantizer.quantize(fp32, int8, QuantizeOptions.DEFAULT.withMinElements(1));
    Path broken = Files.write(directory.resolve("broken.onnx"), new byte[] {1, 2, 3});
    repository = ModelRepository.open(directory.resolve("root"));
    version =
        repository.publish(
            "mlp",
            Manifest.builder("onnx")
                .main("model.onnx")
                .variants(
                    List.of(
                        new Manifest.Variant("model.onnx", "FP32"),
                        new Manifest.Variant("small/model_int8.onnx", "INT4"), // it lies
                        new Manifest.Variant("broken.onnx", "FP16")))
                .build(),
            Map.of("model.onnx", fp32, "small/model_int8.onnx", int8, "broken.onnx", broken));
  }

  @AfterEach
  void close() {
    repository.close();
  }

  private String chosen(OnnxVariantChooser chooser, Wish wish) {
    return version.choose(chooser, Device.cpu(), wish).source().name();
  }

  @Test
  void choose_eachWish_getsItsVariantAndTheReasons() {
    assertEquals("model.onnx", chosen(new OnnxVariantChooser(), Wish.EXACT));
    assertEquals("model_int8.onnx", chosen(new OnnxVariantChooser(), Wish.SMALLEST));
    ModelVersion fastest =
        version.choose(new OnnxVariantChooser(), Device.cpu(), Wish.ESTIMATED_FASTEST);
    assertEquals("model_int8.onnx", fastest.source().name());
    assertEquals(version, fastest);
    String reasons = String.join("\n", fastest.reasons());
    assertTrue(reasons.contains("broken.onnx: not considered"), reasons);
    assertTrue(reasons.contains("model_int8.onnx: taken, estimated the fastest"), reasons);
    assertTrue(reasons.contains("its manifest says INT4, its graph is INT8"), reasons);
    fastest.verify();
    try (Session session = new OnnxEngine().load(fastest.source())) {
      assertEquals(1, session.signature().inputs().size());
    }
  }

  @Test
  void choose_withAGate_asksItInOrder() {
    GateReport failed =
        new GateReport(1, 0, 0, 9, 0, 0, Double.NaN, "", List.of("cosine 0 below 0.99"));
    GateReport passed = new GateReport(1, 1, 1, 0, 1, 1, Double.NaN, "", List.of());
    OnnxVariantChooser gated =
        new OnnxVariantChooser(
            (of, variant) -> variant.file().endsWith("model_int8.onnx") ? failed : passed);
    ModelVersion chosen = version.choose(gated, Device.cpu(), Wish.SMALLEST);
    assertEquals("model.onnx", chosen.source().name());
    assertTrue(
        chosen.reasons().contains("model_int8.onnx: its gate failed: cosine 0 below 0.99"),
        chosen.reasons().toString());
    OnnxVariantChooser never = new OnnxVariantChooser((of, variant) -> failed);
    ModelLoadException e =
        assertThrows(
            ModelLoadException.class, () -> version.choose(never, Device.cpu(), Wish.EXACT));
    assertTrue(e.getMessage().contains("mlp@1: no variant can serve: "), e.getMessage());
  }

  @Test
  void choose_ofOneWithoutVariants_isTheMainFile() {
    ModelVersion plain =
        repository.publish(
            "plain",
            Manifest.builder("onnx").build(),
            Map.of("model.onnx", directory.resolve("model.onnx")));
    ModelVersion chosen = plain.choose(new OnnxVariantChooser(), Device.cpu(), Wish.SMALLEST);
    assertEquals("model.onnx", chosen.source().name());
    assertEquals(List.of("model.onnx: taken, the only one"), chosen.reasons());
  }
}
