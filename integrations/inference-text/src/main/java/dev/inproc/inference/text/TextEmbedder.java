package dev.inproc.inference.text;

import dev.inproc.inference.Adapter;
import dev.inproc.inference.ForwardingPredictor;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.metrics.LayerDescription;
import dev.inproc.inference.tensor.Tensors;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Texts in, vectors out. Any number of threads may share one; close it when it is no longer needed.
 *
 * <pre>{@code
 * try (TextEmbedder embedder = TextEmbedder.load(TextModel.directory(path))) {
 *   float[] vector = embedder.predict("how do I reset my password?");
 * }
 * }</pre>
 *
 * <p>A text is tokenized on the caller's thread. Calls of many threads run together, as {@link
 * TextOptions.Builder#batching} says. Each caller gets a vector of its own.
 */
public final class TextEmbedder extends ForwardingPredictor<String, float[]> {
  private static final System.Logger LOG = System.getLogger(TextEmbedder.class.getName());

  private final EncoderFacts facts;
  private final Predictor<String, float[]> vectors;
  private final Predictor<String, EmbeddedText> counted;
  private final String prefix;

  private TextEmbedder(
      EncoderFacts facts,
      Predictor<String, float[]> vectors,
      Predictor<String, EmbeddedText> counted,
      String prefix) {
    super(new PrefixedPredictor<>(vectors, prefix));
    this.facts = facts;
    this.vectors = vectors;
    this.counted = counted;
    this.prefix = prefix;
  }

  /** Loads a model as its files say. The caller closes the embedder. */
  public static TextEmbedder load(TextModel model) {
    return load(model, TextOptions.DEFAULT);
  }

  /**
   * Loads a model. The caller closes the embedder.
   *
   * @throws dev.inproc.inference.ModelLoadException if a file is missing or wrong, or if neither
   *     the files nor the options say how the model is used; the message names the file or the
   *     option
   */
  public static TextEmbedder load(TextModel model, TextOptions options) {
    return LoadedText.load(model, options, true, TextEmbedder::of);
  }

  /**
   * Returns what makes an embedder of a session that is loaded by itself, as in a deployment:
   * {@code session.with(batching).with(TextEmbedder.adapter(model, options))}. The options of the
   * engine, the session and the batching have no effect.
   */
  public static Adapter<String, float[], Tensors, Tensors> adapter(
      TextModel model, TextOptions options) {
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(options, "options");
    return inner -> LoadedText.adapt(model, options, true, inner, TextEmbedder::of);
  }

  private static TextEmbedder of(LoadedText loaded) {
    TextTokenizer texts = loaded.texts();
    EncoderFacts facts = EncoderFacts.of(loaded, texts);
    TextRuns<String> runs =
        new TextRuns<>(
            loaded.name(), loaded.inner(), loaded.tokenizer(), texts::tokenize, loaded.inputs());
    WindowVectors decoder = facts.decoder();
    Predictor<String, float[]> vectors = new TextPredictor<>(runs, decoder::vector);
    Predictor<String, EmbeddedText> counted =
        new TextPredictor<>(
            runs,
            (text, outputs) -> new EmbeddedText(decoder.vector(text, outputs), text.tokens()));
    if (loaded.options().layer() != null) {
      vectors = loaded.options().layer().decorate(vectors);
      counted = new CountingPredictor(vectors, texts);
    }
    LOG.log(System.Logger.Level.INFO, "{0}", facts.line());
    return new TextEmbedder(facts, vectors, counted, facts.plainPrefix());
  }

  /**
   * Returns a view that puts the query prefix before each text; without a prefix the view embeds
   * texts as they are. Closing the view leaves this embedder open.
   */
  public TextEmbedder queries() {
    return view(facts.queryPrefix());
  }

  /**
   * Returns a view that puts the passage prefix before each text; without a prefix the view embeds
   * texts as they are. Closing the view leaves this embedder open.
   */
  public TextEmbedder passages() {
    return view(facts.passagePrefix());
  }

  private TextEmbedder view(String newPrefix) {
    return new TextEmbedder(facts, vectors.borrowed(), counted.borrowed(), newPrefix);
  }

  /**
   * Returns a view whose answers carry their number of tokens. Closing the view leaves this
   * embedder open.
   */
  public Predictor<String, EmbeddedText> counted() {
    return new PrefixedPredictor<>(counted.borrowed(), prefix);
  }

  /** Returns the length of a vector. */
  public int dimensions() {
    return facts.dimensions();
  }

  /** Returns the most tokens that the model reads at once, special tokens included. */
  public int maxTokens() {
    return facts.maxTokens();
  }

  /** Returns the pooling, or null if the model's own graph pools. */
  public @Nullable Pooling pooling() {
    return facts.pooling();
  }

  /** Returns the model's name. */
  public String name() {
    return facts.name();
  }

  /** Returns whether queries or passages have a prefix. */
  public boolean hasPrefixes() {
    return !facts.queryPrefix().isEmpty() || !facts.passagePrefix().isEmpty();
  }

  /**
   * Returns how many tokens a text has, with the prefix of this view and special tokens, however
   * many the model reads.
   */
  public int countTokens(String text) {
    return facts.texts().count(prefix.concat(Objects.requireNonNull(text, "text")));
  }

  @Override
  public void close() {
    super.close();
    counted.close();
  }

  @Override
  public boolean close(Duration timeout) {
    boolean isClosed = super.close(timeout);
    counted.close(Duration.ZERO);
    return isClosed;
  }

  @Override
  public LayerDescription describe() {
    return inner().describe();
  }

  @Override
  public String toString() {
    return inner().toString();
  }
}
