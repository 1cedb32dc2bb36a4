package dev.inproc.inference.text;

import dev.inproc.inference.Adapter;
import dev.inproc.inference.ForwardingPredictor;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.metrics.LayerDescription;
import dev.inproc.inference.tensor.Tensors;
import java.util.Objects;

/**
 * Scores pairs of texts, such as a query and a passage. Any number of threads may share one; close
 * it when it is no longer needed.
 *
 * <pre>{@code
 * try (CrossEncoder reranker = CrossEncoder.load(TextModel.directory(path))) {
 *   float score = reranker.predict(new TextPair(query, passage));
 * }
 * }</pre>
 *
 * <p>The model reads both texts together. Of a pair with too many tokens, the longer text loses its
 * last ones. A model of one label gives its logit through a sigmoid, unless its {@code config.json}
 * names another activation; a model of two labels gives the share of the second, by a softmax.
 */
public final class CrossEncoder extends ForwardingPredictor<TextPair, Float> {
  private final String name;
  private final Predictor<TextPair, ScoredPair> counted;

  private CrossEncoder(
      String name, Predictor<TextPair, Float> scores, Predictor<TextPair, ScoredPair> counted) {
    super(scores);
    this.name = name;
    this.counted = counted;
  }

  /** Loads a model as its files say. The caller closes the cross-encoder. */
  public static CrossEncoder load(TextModel model) {
    return load(model, TextOptions.DEFAULT);
  }

  /**
   * Loads a model. The caller closes the cross-encoder.
   *
   * @throws dev.inproc.inference.ModelLoadException if a file is missing or wrong, or if the model
   *     does not give one score
   */
  public static CrossEncoder load(TextModel model, TextOptions options) {
    return LoadedText.load(model, options, false, CrossEncoder::of);
  }

  /** Returns what makes a cross-encoder of a session that is loaded by itself. */
  public static Adapter<TextPair, Float, Tensors, Tensors> adapter(
      TextModel model, TextOptions options) {
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(options, "options");
    return inner -> LoadedText.adapt(model, options, false, inner, CrossEncoder::of);
  }

  private static CrossEncoder of(LoadedText loaded) {
    TextTokenizer pairs = loaded.pairs();
    PairScore score = PairScore.of(loaded);
    TextRuns<TextPair> runs =
        new TextRuns<>(
            loaded.name(), loaded.inner(), loaded.tokenizer(), pairs::tokenize, loaded.inputs());
    Predictor<TextPair, Float> scores =
        new TextPredictor<>(runs, (text, outputs) -> score.of(outputs.get(0)));
    Predictor<TextPair, ScoredPair> counted =
        new TextPredictor<>(
            runs, (text, outputs) -> new ScoredPair(score.of(outputs.get(0)), text.tokens()));
    return new CrossEncoder(loaded.name(), scores, counted);
  }

  /**
   * Returns a view whose answers carry their number of tokens. Closing the view leaves this
   * cross-encoder open.
   */
  public Predictor<TextPair, ScoredPair> counted() {
    return counted.borrowed();
  }

  /** Returns the model's name. */
  public String name() {
    return name;
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
