package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.testing.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
