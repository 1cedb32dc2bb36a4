package dev.inproc.inference.text;

import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.List;

/**
 * Makes one vector of a model's answers to the windows of a text.
 *
 * @param pooling has no effect on an output that is pooled
 */
record WindowVectors(TextOutput output, Pooling pooling, boolean isNormalized) {
  /** Returns the vector. */
  float[] vector(TokenizedText text, List<Tensors> outputs) {
    float[] vector = window(text, outputs, 0);
    int count = text.windows().size();
    if (count > 1) {
      float all = 0;
      for (Tokens window : text.windows()) {
        all += window.textLength;
      }
      Vectors.scale(vector, text.windows().get(0).textLength / all);
      for (int i = 1; i < count; i++) {
        Vectors.add(vector, window(text, outputs, i), text.windows().get(i).textLength / all);
      }
    }
    if (isNormalized) {
      Vectors.normalize(vector);
    }
    return vector;
  }

  private float[] window(TokenizedText text, List<Tensors> outputs, int index) {
    Tensors all = outputs.get(index);
    Tensor tensor = all.size() == 1 ? all.only() : all.get(output.name());
    return Vectors.pooled(tensor, output.isPooled(), pooling, text.windows().get(index).ids.length);
  }
}
