package dev.inproc.inference.onnx.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.onnx.testing.Models;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelInspectorTest {
  @TempDir Path directory;

  private Path resource(String name) throws IOException {
    Path file = directory.resolve(name);
    try (InputStream in = ModelInspectorTest.class.getClassLoader().getResourceAsStream(name)) {
      Files.copy(Objects.requireNonNull(in), file);
    }
    return file;
  }

  @Test
  void miniLm_inspected_isFp32() throws IOException {
    ModelSummary summary = ModelInspector.inspect(resource("all-minilm-l6-v2.onnx"));
    assertEquals(Precision.FP32, summary.precision());
    assertEquals("none", summary.scheme());
    assertEquals(Map.of(Precision.FP32, 48), summary.products());
    assertEquals(Map.of("", 11L), summary.opsets());
    assertEquals(52, summary.operators().get("Gather"));
    assertEquals(Set.of("batch_size", "sequence_length"), summary.symbols());
    assertEquals("input_ids INT64[batch_size, sequence_length]", summary.inputs().get(0));
    assertEquals(
        List.of("last_hidden_state FP32[batch_size, sequence_length, 384]"), summary.outputs());
    assertEquals(90_387_606, summary.fileBytes());
  }

  @Test
  void shippedInt8_inspected_isDynamic() throws IOException {
    ModelSummary summary = ModelInspector.inspect(resource("all-minilm-l6-v2-q.onnx"));
    assertEquals(Precision.INT8, summary.precision());
    assertEquals("dynamic INT8", summary.scheme());
    assertEquals(Map.of(Precision.FP32, 12, Precision.INT8, 36), summary.products());
  }

  @Test
  void quantized_inspected_isWhatItWasMade() throws IOException {
    Path in = Files.write(directory.resolve("in.onnx"), Models.mlp(64, 96, 32));
    Map<Scheme, String> names =
        Map.of(
            Scheme.ROWWISE_INT8, "row-wise dynamic INT8",
            Scheme.DYNAMIC_INT8, "dynamic INT8",
            Scheme.BLOCKWISE_INT8, "blockwise [8] bits",
            Scheme.BLOCKWISE_INT4, "blockwise [4] bits");
    for (Scheme scheme : Scheme.values()) {
      Path out = directory.resolve(scheme.label() + ".onnx");
      Quantizer.quantize(in, out, QuantizeOptions.DEFAULT.withScheme(scheme).withMinElements(1));
      ModelSummary summary = ModelInspector.inspect(out);
      assertEquals(names.get(scheme), summary.scheme());
      boolean four = scheme == Scheme.BLOCKWISE_INT4;
      assertEquals(four ? Precision.INT4 : Precision.INT8, summary.precision());
      assertTrue(summary.products().containsKey(four ? Precision.INT4 : Precision.INT8));
      int weights = 64 * 96 + 96 * 32;
      long zeroPoints =
          summary.weightBytes().get(summary.precision()) - (four ? weights / 2 : weights);
      assertTrue(zeroPoints >= 0 && zeroPoints < 8, zeroPoints + " bytes more than weights");
      assertTrue(summary.metadata().get("inproc.quantization").startsWith(scheme.label()));
    }
  }

  @Test
  void externalData_inspected_isCountedAndNamed() throws IOException {
    List<Zoo.Animal> zoo = Zoo.all();
    ModelSummary summary = ModelInspector.inspect(zoo.get(zoo.size() - 1).write(directory));
    assertEquals(List.of("weights.bin"), summary.externalFiles());
    assertEquals(Zoo.K * Zoo.N * 4, summary.externalBytes());
  }

  @Test
  void subgraphs_inspected_areCounted() throws IOException {
    Path file =
        Zoo.all().stream()
            .filter(animal -> animal.name().startsWith("If"))
            .findFirst()
            .orElseThrow()
            .write(directory);
    assertEquals(5, ModelInspector.inspect(file).operators().get("MatMul"));
  }

  @Test
  void noModel_inspected_failsWithTheReason() throws IOException {
    refused("no such file", directory.resolve("none.onnx"));
    refused("not a regular file", directory);
    refused("no graph", Files.write(directory.resolve("empty.onnx"), new byte[] {8, 8}));
    refused(
        "ends too early",
        Files.write(directory.resolve("cut.onnx"), new byte[] {0x3a, 0x7f, 1, 2}));
  }

  private static void refused(String reason, Path file) {
    ModelLoadException failure =
        assertThrows(ModelLoadException.class, () -> ModelInspector.inspect(file));
    assertTrue(failure.getMessage().contains(reason), failure::getMessage);
  }
}
