package dev.inproc.inference.langchain4j;

import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.text.Pooling;
import dev.inproc.inference.text.TextEmbedder;
import dev.inproc.inference.text.TextModel;
import dev.inproc.inference.text.TextOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

/** Real models, from the jars that LangChain4j publishes them in; loaded without probes. */
final class Models {
  static final TextOptions MEAN =
      TextOptions.builder()
          .pooling(Pooling.MEAN)
          .session(SessionOptions.builder().integrity(IntegrityOptions.skip()).build())
          .build();
  static final TextOptions PREFIXES =
      MEAN.toBuilder().queryPrefix("query: ").passagePrefix("passage: ").build();

  /** For all tests that leave it open. */
  private static final class Shared {
    static final TextEmbedder MINI_LM = TextEmbedder.load(model("all-minilm-l6-v2"), MEAN);
    static final TextEmbedder E5 = e5(PREFIXES);
  }

  private Models() {}

  /** FP32, without prefixes; shared, so it stays open. */
  static TextEmbedder miniLm() {
    return Shared.MINI_LM;
  }

  /** INT8, with prefixes; shared, so it stays open. */
  static TextEmbedder e5() {
    return Shared.E5;
  }

  static InprocEmbeddingModel.Builder borrowing(TextEmbedder embedder) {
    return InprocEmbeddingModel.builder(embedder).borrowed();
  }

  /** INT8; the test closes it. */
  static TextEmbedder e5(TextOptions options) {
    return TextEmbedder.load(model("e5-small-v2-q"), options);
  }

  static TextModel model(String name) {
    return TextModel.of(source(name + ".onnx"), source(name + "-tokenizer.json")).withName(name);
  }

  static ModelSource source(String resource) {
    return ModelSource.bytes(resource, bytes(resource));
  }

  static byte[] bytes(String resource) {
    try (InputStream in = Models.class.getClassLoader().getResourceAsStream(resource)) {
      return Objects.requireNonNull(in, resource).readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static double cosine(float[] a, float[] b) {
    double product = 0;
    double squaresA = 0;
    double squaresB = 0;
    for (int i = 0; i < a.length; i++) {
      product += (double) a[i] * b[i];
      squaresA += (double) a[i] * a[i];
      squaresB += (double) b[i] * b[i];
    }
    return product / Math.sqrt(squaresA * squaresB);
  }
}
