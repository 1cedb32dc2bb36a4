package dev.inproc.examples;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.inproc.inference.Codec;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;

/** Text in, a vector of length one out: tokens before the model, their mean after it. */
final class SentenceCodec implements Codec<String, float[]> {
  private final HuggingFaceTokenizer tokenizer;

  SentenceCodec(HuggingFaceTokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  @Override
  public Tensors encode(String text) {
    Encoding tokens = tokenizer.encode(text);
    return Tensors.of(
        "input_ids", Tensor.of(tokens.getIds()),
        "attention_mask", Tensor.of(tokens.getAttentionMask()),
        "token_type_ids", Tensor.of(tokens.getTypeIds()));
  }

  /** The answer is [tokens, dimensions]; the session has cut off any padding already. */
  @Override
  public float[] decode(Tensors outputs) {
    Tensor hidden = outputs.only();
    int dimensions = (int) hidden.shape().dim(1);
    return meanOfUnitLength(hidden.toFloats(), (int) hidden.shape().dim(0), dimensions);
  }

  /** Averages rows and scales the mean to length one, so that a dot product is a cosine. */
  static float[] meanOfUnitLength(float[] rows, int count, int dimensions) {
    float[] mean = new float[dimensions];
    for (int row = 0; row < count; row++) {
      int start = row * dimensions;
      for (int i = 0; i < dimensions; i++) {
        mean[i] += rows[start + i];
      }
    }
    double squares = 0;
    for (float value : mean) {
      squares += (double) value * value;
    }
    // The count cancels out.
    float scale = squares == 0 ? 0 : (float) (1 / Math.sqrt(squares));
    for (int i = 0; i < dimensions; i++) {
      mean[i] *= scale;
    }
    return mean;
  }
}
