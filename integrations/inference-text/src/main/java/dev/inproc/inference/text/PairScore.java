package dev.inproc.inference.text;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;

/** Makes the score of a model's answer for a pair. */
record PairScore(String output, boolean isSigmoid) {
  static PairScore of(LoadedText loaded) {
    TextOutput output = loaded.output();
    if (!output.isPooled() || output.size() > 1) {
      throw new ModelLoadException(
          loaded.name(),
          "expected a cross-encoder's output [batch, 1], got \""
              + output.name()
              + "\" of "
              + output.size()
              + " values; a model of several labels is a TextClassifier",
          null);
    }
    return new PairScore(output.name(), true);
  }

  float of(Tensors outputs) {
    Tensor tensor = outputs.size() == 1 ? outputs.only() : outputs.get(output);
    float logit = tensor.getFloat(0);
    return isSigmoid ? (float) (1 / (1 + Math.exp(-logit))) : logit;
  }
}
