package dev.inproc.examples;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.SessionOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Objects;

/** The sentence encoder all-MiniLM-L6-v2, from a jar on the class path: 384 numbers for a text. */
final class MiniLm {
  static final int MAX_TOKENS = 256; // what it was trained with
  static final int DIMENSIONS = 384;

  private static final String MODEL = "all-minilm-l6-v2.onnx";
  private static final String TOKENIZER = "all-minilm-l6-v2-tokenizer.json";

  /**
   * The engine runs at once under load, each on its share of the processors: a run of this model
   * that is divided among two processors wastes a quarter of them.
   */
  static final int PARALLELISM = Math.min(2, Runtime.getRuntime().availableProcessors());

  private MiniLm() {}

  static ModelSource model() {
    return ModelSource.resource(MiniLm.class.getClassLoader(), MODEL);
  }

  /** The attention mask makes the model ignore what is padded, so texts of any length may share. */
  static SessionOptions.Builder sessionOptions() {
    return SessionOptions.builder()
        .pad("input_ids", 0)
        .pad("attention_mask", 0)
        .pad("token_type_ids", 0);
  }

  /** Opens the tokenizer; the caller closes it. Any number of threads may share it. */
  static HuggingFaceTokenizer tokenizer() {
    // Without these, DJL asks its servers for newer files and counts its users.
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    Map<String, String> options =
        Map.of(
            "truncation",
            "true",
            "padding",
            "false",
            "maxLength",
            Integer.toString(MAX_TOKENS),
            "modelMaxLength",
            Integer.toString(MAX_TOKENS));
    try (InputStream in = MiniLm.class.getClassLoader().getResourceAsStream(TOKENIZER)) {
      return HuggingFaceTokenizer.newInstance(Objects.requireNonNull(in, TOKENIZER), options);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
