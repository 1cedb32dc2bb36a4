package dev.inproc.inference.spring.boot;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.springframework.boot.json.JsonParseException;
import org.springframework.boot.json.JsonParserFactory;

/** Tells from a model's files what it is for, and which engine loads it. */
final class ModelInspection {
  private static final String TOKENIZER = "tokenizer.json";
  private static final String CONFIG = "config.json";
  private static final String SAVED_MODEL = "saved_model.pb";
  private static final int MOST_CONFIG_BYTES = 1 << 20;

  private ModelInspection() {}

  /** Returns the engine's name. */
  static String engine(ModelLocation location) {
    return location.path() != null && location.child(SAVED_MODEL).exists() ? "tensorflow" : "onnx";
  }

  /**
   * Returns what the model is for: a model with a tokenizer reads texts, and its configuration says
   * whether it classifies.
   *
   * @param hasTokenizer whether a tokenizer is given apart
   */
  static ModelKind kind(ModelLocation location, boolean hasTokenizer) {
    if (location.isOnnxFile()) {
      return hasTokenizer ? ModelKind.EMBEDDER : ModelKind.TENSORS;
    }
    if (!location.child(TOKENIZER).exists()) {
      return ModelKind.TENSORS;
    }
    ModelLocation config = location.child(CONFIG);
    return config.exists() ? kind(config) : ModelKind.EMBEDDER;
  }

  private static ModelKind kind(ModelLocation config) {
    Map<String, Object> entries;
    try (InputStream in = config.open()) {
      String text = new String(in.readNBytes(MOST_CONFIG_BYTES), StandardCharsets.UTF_8);
      entries = JsonParserFactory.getJsonParser().parseMap(text);
    } catch (IOException | JsonParseException e) {
      throw new IllegalArgumentException("cannot read " + config + ": " + e.getMessage(), e);
    }
    boolean isClassifier =
        entries.get("architectures") instanceof List<?> architectures
            && architectures.stream()
                .anyMatch(each -> String.valueOf(each).endsWith("ForSequenceClassification"));
    if (!isClassifier) {
      return ModelKind.EMBEDDER;
    }
    return labels(entries) == 1 ? ModelKind.CROSS_ENCODER : ModelKind.CLASSIFIER;
  }

  /** A configuration that names no label has two, as the field's libraries take it. */
  private static int labels(Map<String, Object> entries) {
    if (entries.get("id2label") instanceof Map<?, ?> names) {
      return names.size();
    }
    return entries.get("num_labels") instanceof Number count ? count.intValue() : 2;
  }
}
