package dev.inproc.inference.text;

import dev.inproc.inference.EngineException;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.Map;

/**
 * Makes the score of a model's answer for a pair, by the rule of sentence-transformers: the
 * activation that {@code config.json} names, else a sigmoid for a model of one label. Of two
 * labels, the score is the second one's share by a softmax.
 */
record PairScore(String output, boolean isSigmoid) {
  private static final String OLD_ACTIVATION = "sbert_ce_default_activation_function";

  static PairScore of(LoadedText loaded) {
    TextOutput output = loaded.output();
    if (!output.isPooled() || output.size() > 2) {
      throw new ModelLoadException(
          loaded.name(),
          "expected a cross-encoder's output [batch, 1] or [batch, 2], got \""
              + output.name()
              + "\" of "
              + output.size()
              + " values; a model of several labels is a TextClassifier",
          null);
    }
    return new PairScore(output.name(), isSigmoid(loaded));
  }

  private static boolean isSigmoid(LoadedText loaded) {
    ConfigFile config = ConfigFile.read(loaded.model(), ModelConfig.CONFIG);
    Map<String, ?> newer = config.object("sentence_transformers");
    String name =
        newer != null && newer.get("activation_fn") != null
            ? config.string(newer, "activation_fn")
            : config.string(OLD_ACTIVATION);
    if (name == null) {
      return true;
    }
    return switch (name.substring(name.lastIndexOf('.') + 1)) {
      case "Sigmoid" -> true;
      case "Identity" -> false;
      default ->
          throw config.failure("expected the activation Sigmoid or Identity, got \"" + name + "\"");
    };
  }

  float of(Tensors outputs) {
    Tensor tensor = outputs.size() == 1 ? outputs.only() : outputs.get(output);
    return switch (tensor.elements()) {
      case 1 -> isSigmoid ? sigmoid(tensor.getFloat(0)) : tensor.getFloat(0);
      case 2 -> sigmoid((double) tensor.getFloat(1) - tensor.getFloat(0)); // a softmax of two
      default ->
          throw new EngineException(
              "Expected one score or two of \"" + output + "\", got " + tensor.shape(), null);
    };
  }

  private static float sigmoid(double logit) {
    return (float) (1 / (1 + Math.exp(-logit)));
  }
}
