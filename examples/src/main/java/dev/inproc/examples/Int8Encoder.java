package dev.inproc.examples;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.onnx.quantize.QuantizationReport;
import dev.inproc.inference.onnx.quantize.Quantizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The encoder quantized here and now to row-wise INT8, and served in batches. */
final class Int8Encoder implements AutoCloseable {
  private final QuantizationReport report;
  private final ModelSource model;
  private final Session session;
  private final Predictor<String, float[]> embedder;

  Int8Encoder(ModelSource fp32, HuggingFaceTokenizer tokenizer, int maxBatch) {
    try {
      Path directory = Files.createTempDirectory("inproc-quickstart");
      Path in = directory.resolve("minilm.onnx");
      Path out = directory.resolve("minilm-int8.onnx");
      try {
        try (InputStream bytes = fp32.open()) {
          Files.copy(bytes, in);
        }
        report = Quantizer.quantize(in, out);
        model = ModelSource.bytes("minilm-int8", Files.readAllBytes(out));
      } finally {
        Files.deleteIfExists(in);
        Files.deleteIfExists(out);
        Files.delete(directory);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    int parallelism = MiniLm.PARALLELISM;
    session =
        new OnnxEngine().load(model, MiniLm.sessionOptions().parallelism(parallelism).build());
    embedder =
        session
            .with(Batching.upTo(maxBatch).withParallelism(parallelism))
            .with(new SentenceCodec(tokenizer));
  }

  Session session() {
    return session;
  }

  /** Returns the quantized model, in memory. */
  ModelSource model() {
    return model;
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
  }
}
