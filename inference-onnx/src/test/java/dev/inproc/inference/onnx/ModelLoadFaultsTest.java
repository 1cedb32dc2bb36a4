package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.testing.Models;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ModelLoadFaultsTest {
  @TempDir Path directory;

  private ModelLoadException failToLoad(byte[] content) throws IOException {
    Path file = Files.write(directory.resolve("broken.onnx"), content);
    ModelLoadException fromFile = failToLoad(ModelSource.file(file));
    assertEquals(file.toString(), fromFile.model());
    assertTrue(fromFile.getMessage().contains(file.toString()), fromFile::getMessage);
    ModelLoadException fromBytes = failToLoad(ModelSource.bytes("in-memory", content));
    assertTrue(fromBytes.getMessage().contains("in-memory"), fromBytes::getMessage);
    return fromFile;
  }

  private static ModelLoadException failToLoad(ModelSource source) {
    return assertThrows(ModelLoadException.class, () -> new OnnxEngine().load(source));
  }

  private static void assertSays(ModelLoadException failure, String expected) {
    assertTrue(failure.getMessage().contains(expected), failure::getMessage);
  }

  @Test
  void load_truncatedFile_saysPathAndReason() throws IOException {
    byte[] whole = Models.tinyMlp();
    assertSays(failToLoad(Arrays.copyOf(whole, whole.length / 2)), "rotobuf");
  }

  @Test
  void load_corruptBytes_failsOrAnswersButNeverCrashes() {
    long seed = 7;
    Random random = new Random(seed);
    int refused = 0;
    for (int i = 0; i < 500; i++) {
      byte[] bytes = Models.tinyMlp();
      for (int flips = 0; flips < 4; flips++) {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      }
      try (Session session = new OnnxEngine().load(ModelSource.bytes("corrupt", bytes))) {
        session.signature();
      } catch (ModelLoadException e) {
        refused++;
      }
    }
    assertTrue(refused > 0, "seed " + seed + ": no mutation was noticed");
  }

  @Test
  void load_directory_saysDirectory() {
    assertSays(failToLoad(ModelSource.file(directory)), "is a directory");
  }

  @Test
  void load_directoryOfAModel_saysWhatIsInIt() throws IOException {
    Files.write(directory.resolve("b.onnx"), Models.tinyMlp());
    Files.write(directory.resolve("a.onnx"), Models.tinyMlp());
    assertSays(failToLoad(ModelSource.file(directory)), "is a directory with a.onnx in it");
    Files.write(directory.resolve("saved_model.pb"), new byte[] {8, 1});
    assertSays(failToLoad(ModelSource.file(directory)), "TensorFlowEngine");
  }

  /** The reader refuses some of these, ONNX Runtime others. */
  static Stream<Arguments> notModels() {
    return Stream.of(
        Arguments.of("version https://git-lfs.github.com/spec/v1", "a Git LFS pointer"),
        Arguments.of("<!doctype html><p>Not found", "an HTML page"),
        Arguments.of("{\"error\": \"not found\"}", "JSON"),
        Arguments.of("<?xml version='1.0'?><PMML>", "PMML"),
        Arguments.of("Entry not found", "text"),
        Arguments.of("\u001f\u008b\u0008\u0000\u0000", "gzip"),
        Arguments.of("PK\u0003\u0004 and some bytes", "a zip archive"),
        Arguments.of("PK\u0003\u0004archive/data.pkl", "PyTorch"),
        Arguments.of("\u0089HDF\r\n\u001a\n", "HDF5"),
        Arguments.of("\u0080\u0004\u0095", "pickle"),
        Arguments.of("GGUF\u0003", "GGUF"),
        Arguments.of("\u001c\u0000\u0000\u0000TFL3", "TensorFlow Lite"),
        Arguments.of("\u0008\u0000\u0000\u0000\u0000\u0000\u0000\u0000{\"a\":{}}", "safetensors"),
        Arguments.of("\u0008\u0001\u0012\u0003\n\u0001x", "the graph of a TensorFlow SavedModel"));
  }

  @ParameterizedTest
  @MethodSource("notModels")
  void load_fileOfAnotherKind_saysWhatItIs(String content, String kind) throws IOException {
    byte[] bytes = content.getBytes(StandardCharsets.ISO_8859_1);
    assertSays(failToLoad(bytes), kind);
    Path file = Files.write(directory.resolve("trusted.onnx"), bytes);
    OnnxOptions trusting = OnnxOptions.builder().trustModels(true).build();
    ModelLoadException failure =
        assertThrows(
            ModelLoadException.class, () -> new OnnxEngine(trusting).load(ModelSource.file(file)));
    assertSays(failure, kind);
  }

  @Test
  void load_externalDataThatWasNotDownloaded_saysSo() throws IOException {
    Path model = Models.externalData(directory, "weights.bin");
    Files.writeString(directory.resolve("weights.bin"), "version https://git-lfs");
    assertSays(failToLoad(ModelSource.file(model)), "a Git LFS pointer");
  }

  @Test
  void runtime_ofAKnownFault_isObjectedTo() {
    assertNull(RuntimeVersions.objection(RuntimeVersions.TESTED));
    assertNull(RuntimeVersions.objection("1.30.1"));
    assertNull(RuntimeVersions.objection("2.0.0"));
    assertTrue(RuntimeVersions.objection("1.29.0").contains("3.9 kB"));
    assertTrue(RuntimeVersions.objection("1.20.0").contains("older"));
    assertEquals(
        RuntimeVersions.TESTED,
        OnnxRuntime.environment("test", OnnxOptions.DEFAULT).getVersion(),
        "docs name it");
  }

  @Test
  void load_unsupportedOpset_saysOpset() throws IOException {
    assertSays(failToLoad(Models.unsupportedOpset()), "opset");
  }

  @Test
  void load_unknownOperator_namesIt() throws IOException {
    assertSays(failToLoad(Models.unknownOperator()), "NoSuchOp");
  }

  @Test
  void load_metadata_isReadable() {
    byte[] model = Models.withMetadata(Map.of("trained-on", "2026-11"));
    SessionOptions options = SessionOptions.builder().warmUp(1, 4).build();
    try (Session session = new OnnxEngine().load(ModelSource.bytes("m", model), options)) {
      assertEquals("2026-11", session.metadata().get("trained-on"));
      assertEquals("inproc-trainer", session.metadata().get("producer"));
      assertEquals("7", session.metadata().get("version"));
    }
  }

  @Test
  void load_missingCustomOperatorsOrAdapter_saysWhich() {
    Path missing = directory.resolve("nothing-here");
    ModelSource source = ModelSource.bytes("tiny", Models.tinyMlp());
    for (OnnxOptions options :
        new OnnxOptions[] {
          OnnxOptions.builder().customOperators(missing).build(),
          OnnxOptions.builder().loraAdapter(missing).build()
        }) {
      ModelLoadException failure =
          assertThrows(ModelLoadException.class, () -> new OnnxEngine(options).load(source));
      assertSays(failure, "nothing-here");
    }
  }
}
