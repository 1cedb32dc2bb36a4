package dev.inproc.inference.internal.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FileKindTest {
  @TempDir Path directory;

  private static byte[] zip(String... entries) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (String entry : entries) {
        zip.putNextEntry(new ZipEntry(entry));
        zip.write(new byte[100]);
      }
    }
    return bytes.toByteArray();
  }

  private static void assertSays(String expected, byte[] head) {
    String kind = FileKind.of(head);
    assertTrue(kind != null && kind.contains(expected), () -> "got " + kind);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "version https://git-lfs.github.com/spec/v1; Git LFS pointer",
        "<!DOCTYPE html><html><body>Sign in; HTML",
        "<HTML><head>; HTML",
        "<?xml version='1.0'?><PMML version='4.4'>; PMML",
        "<?xml version='1.0'?><net name='x'>; OpenVINO",
        "<?xml version='1.0'?><project>; XML",
        "{\"model_type\": \"bert\"}; JSON",
        "Entry not found; text",
        "GGUF and more; GGUF",
        "%PDF-1.7; PDF",
      })
  void text_ofAnyKind_isNamed(String text, String expected) {
    assertSays(expected, text.getBytes(StandardCharsets.UTF_8));
    assertSays(
        expected.equals("GGUF") || expected.equals("PDF") || expected.contains("LFS")
            ? "text"
            : expected,
        ("\n  " + text).getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void container_ofAnyKind_isNamed() throws IOException {
    ByteArrayOutputStream gzip = new ByteArrayOutputStream();
    new GZIPOutputStream(gzip).close();
    assertSays("gzip", gzip.toByteArray());
    assertSays("PyTorch", zip("archive/data.pkl", "archive/data/0"));
    assertSays("Keras", zip("metadata.json", "config.json", "model.weights.h5"));
    assertSays("NumPy archive", zip("weights.npy"));
    assertSays("a zip", zip("model.onnx"));
    byte[] tar = new byte[512];
    System.arraycopy("model.onnx".getBytes(StandardCharsets.US_ASCII), 0, tar, 0, 10);
    System.arraycopy("ustar".getBytes(StandardCharsets.US_ASCII), 0, tar, 257, 5);
    assertSays("tar", tar);
  }

  @Test
  void modelOfAnotherFormat_isNamed() {
    assertSays("HDF5", new byte[] {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n', 0, 0});
    assertSays("pickle", new byte[] {(byte) 0x80, 4, (byte) 0x95, 0});
    assertSays("Lite", new byte[] {28, 0, 0, 0, 'T', 'F', 'L', '3', 20, 0});
    byte[] header = "{\"w\":{}}".getBytes(StandardCharsets.US_ASCII);
    ByteBuffer safetensors = ByteBuffer.allocate(100).order(ByteOrder.LITTLE_ENDIAN);
    assertSays("safetensors", safetensors.putLong(header.length).put(header).array());
    assertSays("SavedModel", new byte[] {8, 1, 0x12, (byte) 0x80, 2, 0x0a, 4, 0, 0, 0, 0});
    assertSays("frozen TensorFlow graph", new byte[] {0x0a, 9, 0x0a, 1, 'x', 0x12, 4, 0, 1});
  }

  @Test
  void onnxNothingOrNoise_hasNoKind() throws IOException {
    byte[] onnx = {8, 8, 0x12, 7, 'p', 'y', 't', 'o', 'r', 'c', 'h', 0x3a, 0};
    assertNull(FileKind.of(onnx));
    assertTrue(FileKind.isLikeOnnx(Files.write(directory.resolve("model"), onnx)));
    assertNull(FileKind.of(new byte[0]));
    assertNull(FileKind.of(directory));
    assertNull(FileKind.of(directory.resolve("nothing")));
    long seed = 5;
    Random random = new Random(seed);
    int named = 0;
    for (int i = 0; i < 1_000; i++) {
      byte[] noise = new byte[64];
      random.nextBytes(noise);
      named += FileKind.of(noise) == null ? 0 : 1;
    }
    assertTrue(named < 20, "seed " + seed + ": " + named + " of 1,000 random files have a kind");
  }

  @Test
  void explain_withoutAKind_isTheReason() {
    assertEquals("broken", FileKind.explain(null, "broken"));
    assertEquals("it is text (broken)", FileKind.explain("text", "broken"));
  }
}
