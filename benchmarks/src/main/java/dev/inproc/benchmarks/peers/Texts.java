package dev.inproc.benchmarks.peers;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.onnxruntime.OrtException;
import dev.inproc.benchmarks.MiniLm;
import dev.inproc.benchmarks.TextLengths;
import dev.inproc.inference.Codec;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;

/** English sentences, and how one becomes a vector: tokens, the model, their mean at length one. */
final class Texts {
  private static final String TOKENIZER = "all-minilm-l6-v2-tokenizer.json";
  private static final String[] WHO = {"a customer", "my neighbour", "the old bank", "our team"};
  private static final String[] WHAT = {"asks for", "has lost", "would like to change", "pays"};
  private static final String[] WHICH = {
    "a new card", "the monthly bill", "an order", "his password"
  };

  private Texts() {}

  /** Sentences of 8 to 12 tokens, the same in every run. */
  static List<String> sentences(int count) {
    Random random = new Random(12);
    return IntStream.range(0, count)
        .mapToObj(
            i -> pick(WHO, random) + " " + pick(WHAT, random) + " " + pick(WHICH, random) + " " + i)
        .toList();
  }

  /** How long the tokenizer makes them. */
  static TextLengths lengths(List<String> texts) {
    try (HuggingFaceTokenizer tokenizer = tokenizer()) {
      return TextLengths.of(
          texts.stream().mapToInt(text -> tokenizer.encode(text).getIds().length));
    }
  }

  private static String pick(String[] words, Random random) {
    return words[random.nextInt(words.length)];
  }

  static HuggingFaceTokenizer tokenizer() {
    Map<String, String> options =
        Map.of(
            "padding", "false", "truncation", "true", "maxLength", "256", "modelMaxLength", "256");
    try (InputStream in = Texts.class.getClassLoader().getResourceAsStream(TOKENIZER)) {
      return HuggingFaceTokenizer.newInstance(Objects.requireNonNull(in, TOKENIZER), options);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Codec<String, float[]> codec(HuggingFaceTokenizer tokenizer) {
    return Codec.of(
        text -> {
          Encoding tokens = tokenizer.encode(text);
          return Tensors.of(
              MiniLm.IDS, Tensor.of(tokens.getIds()),
              MiniLm.MASK, Tensor.of(tokens.getAttentionMask()),
              MiniLm.TYPES, Tensor.of(tokens.getTypeIds()));
        },
        answer -> meanOfUnitLength(answer.only().toFloats()));
  }

  private static float[] meanOfUnitLength(float[] tokens) {
    float[] mean = new float[MiniLm.WIDTH];
    for (int i = 0; i < tokens.length; i++) {
      mean[i % mean.length] += tokens[i];
    }
    double squares = 0;
    for (float value : mean) {
      squares += (double) value * value;
    }
    float length = (float) Math.sqrt(squares); // the number of tokens cancels out
    for (int i = 0; i < mean.length; i++) {
      mean[i] /= length;
    }
    return mean;
  }

  /** The bare engine behind the same tokenizer. */
  record Raw(RawOnnx model, HuggingFaceTokenizer tokenizer, List<String> texts)
      implements Contender {
    @Override
    public float[] answer(int index) throws OrtException {
      Encoding tokens = tokenizer.encode(texts.get(index % texts.size()));
      long[] shape = {tokens.getIds().length};
      return meanOfUnitLength(
          model.answer(
              new Row(
                  List.of(MiniLm.IDS, MiniLm.MASK, MiniLm.TYPES),
                  List.of(tokens.getIds(), tokens.getAttentionMask(), tokens.getTypeIds()),
                  List.of(shape, shape, shape))));
    }

    @Override
    public void close() {
      model.close();
      tokenizer.close();
    }
  }
}
