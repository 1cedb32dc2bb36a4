package dev.inproc.inference.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.internal.json.JsonException;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Signature;
import dev.inproc.inference.tensor.TensorSpec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestTest {
  private static final String SHA = "0123456789abcdef".repeat(4);

  private static String json(String files, String more) {
    return "{\"format\":1,\"engine\":\"onnx\",\"files\":[" + files + "]" + more + "}";
  }

  private static String file(String path) {
    return "{\"path\":\"" + path + "\",\"size\":1,\"sha256\":\"" + SHA + "\"}";
  }

  private static Manifest read(String json) throws JsonException {
    return ManifestJson.read(json.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void read_whatWasWritten_isEqual() throws JsonException {
    Signature signature =
        new Signature(
            List.of(
                TensorSpec.of("x", DataType.FLOAT32, new long[] {-1, 16, -1}, "batch", null, null),
                TensorSpec.unknownRank("free", DataType.STRING)),
            List.of(
                TensorSpec.fixed("y", DataType.INT64, 2).withLabels(List.of("good", "bad")),
                TensorSpec.fixed("scalar", DataType.BOOL)));
    Manifest manifest =
        Manifest.builder("onnx")
            .main("model.onnx")
            .modelSha256(SHA)
            .files(
                List.of(
                    new Manifest.File("model.onnx", Long.MAX_VALUE - 1, SHA),
                    new Manifest.File("int8/model.onnx", 0, SHA),
                    new Manifest.File("tokenizer é.json", 1, SHA)))
            .precision("FP32")
            .variants(
                List.of(
                    new Manifest.Variant("model.onnx", "FP32"),
                    new Manifest.Variant("int8/model.onnx", "")))
            .warmUpBatchSizes(List.of(1, 8, 32))
            .sampleInputs(List.of(Map.of("x", List.of(List.of(1.5, 2L)))))
            .signature(signature)
            .trainingProfile(Map.of("x", Map.of("mean", 0.25)))
            .labelHorizon(Duration.ofHours(36))
            .displayName("The \"best\" one")
            .entries(Map.of("git", "abc", "run", List.of(1L, true)))
            .build();

    byte[] bytes = ManifestJson.write(manifest);
    Manifest read = ManifestJson.read(bytes);

    assertEquals(
        new String(bytes, StandardCharsets.UTF_8),
        new String(ManifestJson.write(read), StandardCharsets.UTF_8));
    assertEquals(manifest.files(), read.files());
    assertEquals(manifest.signature(), read.signature());
    assertEquals(manifest.variants(), read.variants());
    assertEquals(manifest.sampleInputs(), read.sampleInputs());
    assertEquals(Map.of("git", "abc", "run", List.of(1L, true)), read.entries());
    assertEquals(Duration.ofHours(36), read.labelHorizon().orElseThrow());
    assertEquals("The \"best\" one", read.displayName().orElseThrow());
    assertEquals(List.of(1, 8, 32), read.warmUpBatchSizes());
    assertEquals("model.onnx", read.main());
    assertEquals(SHA, read.modelSha256().orElseThrow());
    byte[] again = ManifestJson.write(read.toBuilder().build());
    assertTrue(Arrays.equals(bytes, again));
  }

  @Test
  void read_unknownEntries_areKept() throws JsonException {
    Manifest manifest = read(json(file("m"), ",\"owner\":{\"team\":null},\"n\":[1,2.5]"));
    assertEquals(List.of("owner", "n"), List.copyOf(manifest.entries().keySet()));
    assertEquals(List.of(1L, 2.5), manifest.entries().get("n"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "..",
        ".",
        "../evil",
        "a/../../evil",
        "a/..",
        "a/./b",
        "/etc/passwd",
        "//host/share",
        "a//b",
        "a/",
        "\\\\windows\\\\system32",
        "a\\\\..\\\\b",
        "C:/x",
        "C:x",
        "a\\u0000b",
        "a\\nb",
        "a\\u007fb",
        "a:stream",
        "what?",
        "a*",
        "a\\\"b",
        "a|b",
        "a.",
        "a /b",
        "... ",
        "manifest.json",
        "MANIFEST.JSON",
      })
  void read_fileNameThatLeavesTheDirectoryOrDiffersBySystem_isRefused(String path) {
    JsonException e =
        assertThrows(JsonException.class, () -> read(json(file(path), "")), "accepted " + path);
    assertTrue(e.getMessage().startsWith("files: "), e.getMessage());
    if (!path.isEmpty()) {
      JsonException main =
          assertThrows(
              JsonException.class, () -> read(json(file("m"), ",\"main\":\"" + path + "\"")));
      assertTrue(main.getMessage().startsWith("main: "), main.getMessage());
    }
    assertThrows(
        JsonException.class,
        () -> read(json(file("m"), ",\"variants\":[{\"path\":\"" + path + "\"}]")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[]|the text: expected an object, got an array",
        "{}|format: expected a whole number from 1 to 1, got nothing",
        "{\"format\":2}|format: expected a whole number from 1 to 1, got 2",
        "{\"format\":\"1\"}|format: expected a whole number from 1 to 1, got \"1\"",
        "{\"format\":1.0}|format: expected a whole number from 1 to 1, got 1.0",
        "{\"format\":1}|engine: expected a string, got nothing",
        "{\"format\":1,\"engine\":[]}|engine: expected a string, got an array",
        "{\"format\":1,\"engine\":\"e\"}|files: expected an array, got nothing",
        "{\"format\":1,\"engine\":\"e\",\"files\":[]}|files: expected one at least",
        "{\"format\":1,\"engine\":\"e\",\"files\":[3]}|files[0]: expected an object, got 3",
      })
  void read_wrongTypes_areRefusedWithTheirPlace(String json, String message) {
    JsonException e = assertThrows(JsonException.class, () -> read(json));
    assertEquals(message, e.getMessage());
  }

  private static String sized(String size) {
    return "{\"path\":\"m\",\"size\":" + size + ",\"sha256\":\"" + SHA + "\"}";
  }

  @Test
  void read_hostileFiles_areRefused() {
    String huge = Long.toString(Long.MAX_VALUE);
    for (String files :
        new String[] {
          sized("-1"),
          sized("1.5"),
          sized("1e3"),
          sized("\"1\""),
          sized("9223372036854775808"),
          sized("null"),
          file("a") + "," + file("a"),
          file("a") + "," + file("A"),
          file("a/b") + "," + file("a"),
          file("a") + "," + file("b") + "," + file("A/c"),
          sized(huge) + "," + file("n") + "," + file("o"), // a sum beyond a long
          "{\"path\":\"m\",\"size\":1}",
          "{\"path\":\"m\",\"size\":1,\"sha256\":null}",
          "{\"path\":\"m\",\"size\":1,\"sha256\":\"" + SHA.substring(1) + "\"}",
          "{\"path\":\"m\",\"size\":1,\"sha256\":\"" + SHA.replace('a', 'A') + "\"}",
          "{\"size\":1,\"sha256\":\"" + SHA + "\"}",
        }) {
      JsonException e =
          assertThrows(JsonException.class, () -> read(json(files, "")), "accepted " + files);
      assertTrue(e.getMessage().startsWith("files"), e.getMessage());
    }
  }

  @Test
  void read_tenThousandAndOneFiles_areRefused() {
    StringBuilder files = new StringBuilder(file("f"));
    for (int i = 0; i < 10_000; i++) {
      files.append(',').append(file("f" + i));
    }
    JsonException e = assertThrows(JsonException.class, () -> read(json(files.toString(), "")));
    assertEquals("files: expected 10000 at most", e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"main\":\"other\"",
        "\"main\":3",
        "\"modelSha256\":\"12\"",
        "\"variants\":{}",
        "\"variants\":[{\"path\":\"other\"}]",
        "\"variants\":[{\"path\":\"m\",\"precision\":8}]",
        "\"warmUpBatchSizes\":[0]",
        "\"warmUpBatchSizes\":[-1]",
        "\"warmUpBatchSizes\":[1.5]",
        "\"warmUpBatchSizes\":[2147483648]",
        "\"warmUpBatchSizes\":[2000000]",
        "\"warmUpBatchSizes\":8",
        "\"sampleInputs\":{}",
        "\"sampleInputs\":[1]",
        "\"labelHorizon\":\"a day\"",
        "\"labelHorizon\":\"PT-1H\"",
        "\"labelHorizon\":\"P999999999999999999D\"",
        "\"labelHorizon\":24",
        "\"displayName\":{}",
        "\"trainingProfile\":[]",
        "\"signature\":{}",
        "\"signature\":{\"inputs\":[],\"outputs\":{}}",
        "\"signature\":{\"inputs\":[{\"name\":\"x\",\"type\":\"FLOAT33\"}],\"outputs\":[]}",
        "\"signature\":{\"inputs\":[{\"name\":\"x\",\"type\":\"BOOL\",\"shape\":[-1]}],\"outputs\":[]}",
        "\"signature\":{\"inputs\":[{\"name\":\"x\",\"type\":\"BOOL\",\"shape\":[1.5]}],\"outputs\":[]}",
        "\"signature\":{\"inputs\":[{\"type\":\"BOOL\"}],\"outputs\":[]}",
        "\"n\":NaN",
        "\"n\":1,\"n\":1",
      })
  void read_entryOfAWrongKind_isRefused(String entry) {
    assertThrows(JsonException.class, () -> read(json(file("m"), "," + entry)));
  }

  @Test
  void build_sameRulesAsReading_apply() {
    assertThrows(IllegalArgumentException.class, () -> new Manifest.File("../m", 1, SHA));
    assertThrows(IllegalArgumentException.class, () -> new Manifest.File("m", -1, SHA));
    assertThrows(
        IllegalArgumentException.class,
        () -> Manifest.builder("e").warmUpBatchSizes(List.of(0)).build());
    assertThrows(
        IllegalArgumentException.class,
        () -> Manifest.builder("e").labelHorizon(Duration.ofSeconds(-1)).build());
  }
}
