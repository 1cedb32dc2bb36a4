package dev.inproc.examples;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.List;

/** Texts as a gate takes them: tokens in, and the embedding that counts out. */
final class GateTexts {
  private GateTexts() {}

  static List<Tensors> examples(List<String> texts, HuggingFaceTokenizer tokenizer) {
    SentenceCodec codec = new SentenceCodec(tokenizer);
    return texts.stream().map(codec::encode).toList();
  }

  static float[] embedding(Tensors answer) {
    Tensor hidden = answer.only();
    return SentenceCodec.meanOfUnitLength(
        hidden.toFloats(), (int) hidden.shape().dim(0), (int) hidden.shape().dim(1));
  }
}
