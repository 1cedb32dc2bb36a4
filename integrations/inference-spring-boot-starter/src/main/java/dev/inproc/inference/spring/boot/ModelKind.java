package dev.inproc.inference.spring.boot;

/** What a model is for, which decides the type of its bean. */
public enum ModelKind {
  /** A text encoder: a {@code TextEmbedder}, which is a {@code Predictor<String, float[]>}. */
  EMBEDDER,
  /** A cross-encoder: a {@code CrossEncoder}, which is a {@code Predictor<TextPair, Float>}. */
  CROSS_ENCODER,
  /**
   * A text classifier: a {@code TextClassifier}, which is a {@code Predictor<String, Map<String,
   * Float>>}.
   */
  CLASSIFIER,
  /** Any other model: a {@code Predictor<Tensors, Tensors>}. */
  TENSORS
}
