package dev.inproc.integrations.benchmarks;

import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.onnx.quantize.Quantizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** The files of all-MiniLM-L6-v2, as LangChain4j's jars bring them. */
final class MiniLm {
  static final String FP32 = "all-minilm-l6-v2.onnx";

  /** Dynamic INT8, as shipped: one scale a tensor. */
  static final String SHIPPED_INT8 = "all-minilm-l6-v2-q.onnx";

  static final String TOKENIZER = "all-minilm-l6-v2-tokenizer.json";

  private MiniLm() {}

  static byte[] file(String resource) {
    try (InputStream in = MiniLm.class.getClassLoader().getResourceAsStream(resource)) {
      return Objects.requireNonNull(in, resource).readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static ModelSource source(String resource) {
    return ModelSource.bytes(resource, file(resource));
  }

  /** Quantizes the FP32 model to INT8 with one scale a row. */
  static ModelSource rowWiseInt8() {
    try {
      Path directory = Files.createTempDirectory("inproc-benchmarks");
      Path in = directory.resolve("minilm.onnx");
      Path out = directory.resolve("minilm-int8.onnx");
      try {
        Files.write(in, file(FP32));
        var unused = Quantizer.quantize(in, out);
        return ModelSource.bytes("minilm-int8", Files.readAllBytes(out));
      } finally {
        Files.deleteIfExists(in);
        Files.deleteIfExists(out);
        Files.delete(directory);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
