package dev.inproc.inference.text;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.tensor.Tensors;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What is known of an encoder that has been loaded. */
record EncoderFacts(
    LoadedText loaded,
    TextTokenizer texts,
    int dimensions,
    @Nullable Pooling pooling,
    String poolingSource,
    boolean isNormalized,
    String normalizedSource,
    String queryPrefix,
    String passagePrefix,
    String plainPrefix) {
  static EncoderFacts of(LoadedText loaded, TextTokenizer texts) {
    TextOptions options = loaded.options();
    ModelConfig config = loaded.config();
    Pooling pooling = null;
    String source = "the model's output " + loaded.output().name();
    if (!loaded.output().isPooled()) {
      pooling = options.pooling() == null ? config.pooling() : options.pooling();
      source = options.pooling() == null ? ModelConfig.POOLING : "TextOptions.pooling";
      if (pooling == null) {
        throw new ModelLoadException(
            loaded.name(),
            "expected to be told how its tokens' vectors are pooled: there is no "
                + ModelConfig.POOLING
                + ", so say TextOptions.builder().pooling(Pooling.MEAN), or what the model's page"
                + " says",
            null);
      }
    }
    Boolean normalized = options.normalized();
    String normalizedSource = "TextOptions.normalized";
    if (normalized == null) {
      normalized = config.normalized();
      normalizedSource = normalized == null ? "the default" : ModelConfig.MODULES;
    }
    return new EncoderFacts(
        loaded,
        texts,
        dimensions(loaded, texts),
        pooling,
        source,
        normalized == null || normalized,
        normalizedSource,
        Objects.requireNonNullElseGet(
            options.queryPrefix(), () -> config.prompt(loaded.name(), "query")),
        Objects.requireNonNullElseGet(
            options.passagePrefix(),
            () -> config.prompt(loaded.name(), "document", "passage", "corpus")),
        config.plainPrompt(loaded.name()));
  }

  private static int dimensions(LoadedText loaded, TextTokenizer texts) {
    if (loaded.output().size() > 0) {
      return Math.toIntExact(loaded.output().size());
    }
    Tensors answer =
        loaded
            .inner()
            .predict(loaded.inputs().of(texts.tokenize("a", Progress.ANY).windows().get(0)));
    var shape = answer.get(loaded.output().name()).shape();
    return Math.toIntExact(shape.dim(shape.rank() - 1));
  }

  String name() {
    return loaded.name();
  }

  int maxTokens() {
    return loaded.maxTokens().tokens();
  }

  WindowVectors decoder() {
    return new WindowVectors(
        loaded.output(), pooling == null ? Pooling.MEAN : pooling, isNormalized);
  }

  /** Says in one line how the model is used. */
  String line() {
    return String.join(
        ", ",
        List.of(
            name() + ": " + dimensions + " dimensions",
            "pooling " + (pooling == null ? "" : pooling + " ") + "(" + poolingSource + ")",
            (isNormalized ? "normalized" : "not normalized") + " (" + normalizedSource + ")",
            "at most " + loaded.maxTokens() + " tokens",
            "longer texts " + loaded.options().longTexts(),
            "precision " + ModelPrecision.of(loaded.model()),
            "query prefix \"" + queryPrefix + "\"",
            "passage prefix \"" + passagePrefix + "\""));
  }
}
