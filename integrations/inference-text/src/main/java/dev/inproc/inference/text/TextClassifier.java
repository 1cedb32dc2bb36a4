package dev.inproc.inference.text;

import dev.inproc.inference.Adapter;
import dev.inproc.inference.ForwardingPredictor;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.metrics.LayerDescription;
import dev.inproc.inference.tensor.Tensors;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Gives the labels of texts with their scores, the highest first. Any number of threads may share
 * one; close it when it is no longer needed.
 *
 * <pre>{@code
 * try (TextClassifier classifier = TextClassifier.load(TextModel.directory(path))) {
 *   String label = classifier.predict(text).keySet().iterator().next();
 * }
 * }</pre>
 *
 * <p>Labels come from {@code id2label} in {@code config.json}. Scores sum to 1, by a softmax; for
 * the problem type {@code multi_label_classification}, and for a model of one label, each score
 * stands alone, by a sigmoid. A map is unmodifiable, and in the order of falling scores.
 */
public final class TextClassifier extends ForwardingPredictor<String, Map<String, Float>> {
  private final String name;
  private final LabelScores labelScores;

  private TextClassifier(
      String name, LabelScores labelScores, Predictor<String, Map<String, Float>> scores) {
    super(scores);
    this.name = name;
    this.labelScores = labelScores;
  }

  /** Loads a model as its files say. The caller closes the classifier. */
  public static TextClassifier load(TextModel model) {
    return load(model, TextOptions.DEFAULT);
  }

  /**
   * Loads a model. The caller closes the classifier.
   *
   * @throws dev.inproc.inference.ModelLoadException if a file is missing or wrong, or if the labels
   *     are not as many as the model's scores
   */
  public static TextClassifier load(TextModel model, TextOptions options) {
    return LoadedText.load(model, options, false, TextClassifier::of);
  }

  /** Returns what makes a classifier of a session that is loaded by itself. */
  public static Adapter<String, Map<String, Float>, Tensors, Tensors> adapter(
      TextModel model, TextOptions options) {
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(options, "options");
    return inner -> LoadedText.adapt(model, options, false, inner, TextClassifier::of);
  }

  private static TextClassifier of(LoadedText loaded) {
    LabelScores labels = LabelScores.of(loaded);
    TextTokenizer texts = loaded.texts();
    TextRuns<String> runs =
        new TextRuns<>(
            loaded.name(), loaded.inner(), loaded.tokenizer(), texts::tokenize, loaded.inputs());
    return new TextClassifier(
        loaded.name(),
        labels,
        new TextPredictor<>(runs, (text, outputs) -> labels.of(outputs.get(0))));
  }

  /** Returns the labels, in the model's order. */
  public List<String> labels() {
    return labelScores.labels();
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
