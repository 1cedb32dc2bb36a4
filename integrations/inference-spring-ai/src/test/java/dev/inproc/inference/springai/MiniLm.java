package dev.inproc.inference.springai;

import dev.inproc.inference.Predictor;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.model.ModelVersion;
import dev.inproc.inference.onnx.OnnxEngine;
import dev.inproc.inference.text.Pooling;
import dev.inproc.inference.text.TextEmbedder;
import dev.inproc.inference.text.TextModel;
import dev.inproc.inference.text.TextOptions;

/** The sentence encoder all-MiniLM-L6-v2, from a jar on the class path: 384 numbers for a text. */
final class MiniLm {
  static final String NAME = "minilm";
  static final int DIMENSIONS = 384;
  static final String QUERY = "query: ";
  static final String PASSAGE = "passage: ";

  /** Loaded once for all tests, and never closed. */
  static final TextEmbedder PLAIN = load(options().build());

  /** The same model as if it had been trained with prefixes. */
  static final TextEmbedder PREFIXED =
      load(options().queryPrefix(QUERY).passagePrefix(PASSAGE).build());

  private MiniLm() {}

  /** One for a test that closes it. */
  static TextEmbedder loadUnprobed() {
    return load(options().session(unprobed()).build());
  }

  /** One lane of a deployment. */
  static Predictor<String, float[]> lane(ModelVersion version) {
    return new OnnxEngine()
        .load(version.source(), unprobed())
        .with(Batching.upTo(8))
        .with(TextEmbedder.adapter(files(), options().build()));
  }

  static ModelSource model() {
    return ModelSource.resource(MiniLm.class.getClassLoader(), "all-minilm-l6-v2.onnx");
  }

  private static SessionOptions unprobed() {
    return SessionOptions.builder().integrity(IntegrityOptions.skip()).build();
  }

  private static TextEmbedder load(TextOptions options) {
    return TextEmbedder.load(files(), options);
  }

  private static TextOptions.Builder options() {
    return TextOptions.builder().pooling(Pooling.MEAN).normalized(true);
  }

  private static TextModel files() {
    ClassLoader loader = MiniLm.class.getClassLoader();
    return TextModel.of(model(), ModelSource.resource(loader, "all-minilm-l6-v2-tokenizer.json"))
        .withName(NAME);
  }
}
