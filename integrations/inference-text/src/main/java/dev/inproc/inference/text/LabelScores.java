package dev.inproc.inference.text;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Makes scores by label of a classifier's answer.
 *
 * @param isSigmoid whether each score stands alone
 */
record LabelScores(String output, List<String> labels, boolean isSigmoid) {
  static LabelScores of(LoadedText loaded) {
    ConfigFile config = ConfigFile.read(loaded.model(), ModelConfig.CONFIG);
    TextOutput output = loaded.output();
    Map<String, ?> stated = config.object("id2label");
    int count = stated == null ? Math.toIntExact(output.size()) : stated.size();
    if (!output.isPooled() || count < 1 || (output.size() > 0 && output.size() != count)) {
      throw new ModelLoadException(
          loaded.name(),
          "expected a classifier's output [batch, labels] of as many values as id2label of "
              + ModelConfig.CONFIG
              + " has labels, got "
              + output
              + " and "
              + (stated == null ? "no labels" : stated.size() + " labels"),
          null);
    }
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      labels.add(stated == null ? "LABEL_" + i : config.string(stated, Integer.toString(i)));
    }
    if (Set.copyOf(labels).size() < count) {
      throw config.failure("id2label: expected a label once, got " + labels);
    }
    boolean isMultiLabel = "multi_label_classification".equals(config.string("problem_type"));
    return new LabelScores(output.name(), List.copyOf(labels), isMultiLabel || count == 1);
  }

  Map<String, Float> of(Tensors outputs) {
    Tensor tensor = outputs.size() == 1 ? outputs.only() : outputs.get(output);
    float[] logits = tensor.toFloats();
    double[] scores = isSigmoid ? sigmoids(logits) : softmax(logits);
    Map<String, Float> sorted = new LinkedHashMap<>();
    IntStream.range(0, scores.length)
        .boxed()
        .sorted((a, b) -> Double.compare(scores[b], scores[a]))
        .forEach(i -> sorted.put(labels.get(i), (float) scores[i]));
    return Collections.unmodifiableMap(sorted);
  }

  private static double[] sigmoids(float[] logits) {
    double[] scores = new double[logits.length];
    Arrays.setAll(scores, i -> 1 / (1 + Math.exp(-logits[i])));
    return scores;
  }

  private static double[] softmax(float[] logits) {
    double most = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      most = Math.max(most, logit);
    }
    double[] scores = new double[logits.length];
    double sum = 0;
    for (int i = 0; i < scores.length; i++) {
      scores[i] = Math.exp(logits[i] - most);
      sum += scores[i];
    }
    for (int i = 0; i < scores.length; i++) {
      scores[i] /= sum;
    }
    return scores;
  }
}
