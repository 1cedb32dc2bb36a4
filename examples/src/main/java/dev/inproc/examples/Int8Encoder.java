package dev.inproc.examples;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.onnx.quantize.QuantizationReport;
import dev.inproc.inference.onnx.quantize.Quantizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/**
 * The encoder quantized here and now to row-wise INT8, in a directory that is gone when it is
 * closed.
 */
final class Int8Encoder implements AutoCloseable {
  private final Path directory;
  private final Path file;
  private final QuantizationReport report;
  private final Session session;
  private final Predictor<String, float[]> embedder;

  Int8Encoder(ModelSource fp32, HuggingFaceTokenizer tokenizer) {
    try {
      directory = Files.createTempDirectory("inproc-quickstart");
      Path in = directory.resolve("minilm.onnx");
      file = directory.resolve("minilm-int8.onnx");
      Files.write(in, Objects.requireNonNull(fp32.bytes()));
      report = Quantizer.quantize(in, file);
      Files.delete(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    session = new OnnxEngine().load(ModelSource.file(file), MiniLm.sessionOptions().build());
    embedder = session.with(new SentenceCodec(tokenizer));
  }

  Session session() {
    return session;
  }

  QuantizationReport report() {
    return report;
  }

  Predictor<String, float[]> embedder() {
    return embedder;
  }

  @Override
  public void close() {
    embedder.close();
    try (var files = Files.list(directory)) {
      for (Path each : files.toList()) {
        Files.delete(each); // the probe's result lies beside the model
      }
      Files.delete(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
