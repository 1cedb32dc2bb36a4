package dev.inproc.inference.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.onnx.allminilml6v2.AllMiniLmL6V2EmbeddingModel;
import dev.langchain4j.model.embedding.onnx.allminilml6v2q.AllMiniLmL6V2QuantizedEmbeddingModel;
import dev.langchain4j.model.embedding.onnx.bgesmallenv15.BgeSmallEnV15EmbeddingModel;
import dev.langchain4j.model.embedding.onnx.bgesmallenv15q.BgeSmallEnV15QuantizedEmbeddingModel;
import dev.langchain4j.model.embedding.onnx.e5smallv2q.E5SmallV2QuantizedEmbeddingModel;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Compares vectors with the vectors of LangChain4j's own models, which use ONNX Runtime by
 * themselves.
 */
class LangChainAnswersTest {
  private static final double LEAST_COSINE = 0.9999;

  /** Of 3 to 602 tokens. */
  private static final List<String> TEXTS =
      List.of(
          "hi",
          "How do I reset my password?",
          "Ünïcödé, 漢字, emoji \uD83D\uDE00 and הטקסט הזה",
          words(40),
          words(130),
          words(600));

  private static String words(int count) {
    List<String> words =
        List.of("the", "river", "of", "time", "runs", "past", "house", "and", "gardens", "unaware");
    return IntStream.range(0, count)
        .mapToObj(i -> words.get((i * 7 + i / 10) % words.size()))
        .collect(Collectors.joining(" "));
  }

  /** LangChain4j reads no more than 128 tokens here: the model's tokenizer.json truncates. */
  @Test
  void miniLm_ofAnyLength_answersAsLangChainDoes() {
    compare(
        RealModels.miniLm(),
        TextOptions.builder().pooling(Pooling.MEAN).maxTokens(128),
        new AllMiniLmL6V2EmbeddingModel(Runnable::run),
        "");
  }

  @Test
  void miniLmInt8_ofAnyLength_answersAsLangChainDoes() {
    compare(
        RealModels.miniLmInt8(),
        TextOptions.builder().pooling(Pooling.MEAN).maxTokens(128),
        new AllMiniLmL6V2QuantizedEmbeddingModel(Runnable::run),
        "");
  }

  @Test
  void bgeSmall_ofAnyLength_answersAsLangChainDoes() {
    compare(
        RealModels.bgeSmall(),
        TextOptions.builder().pooling(Pooling.CLS),
        new BgeSmallEnV15EmbeddingModel(Runnable::run),
        "");
  }

  @Test
  void bgeSmallInt8_ofAnyLength_answersAsLangChainDoes() {
    compare(
        RealModels.bgeSmallInt8(),
        TextOptions.builder().pooling(Pooling.CLS),
        new BgeSmallEnV15QuantizedEmbeddingModel(Runnable::run),
        "");
  }

  @Test
  void e5SmallInt8_withPrefix_answersAsLangChainDoesForThePrefixedText() {
    compare(
        RealModels.e5SmallInt8(),
        TextOptions.builder().pooling(Pooling.MEAN).queryPrefix("query: "),
        new E5SmallV2QuantizedEmbeddingModel(Runnable::run),
        "query: ");
  }

  private static void compare(
      TextModel model, TextOptions.Builder options, EmbeddingModel theirs, String prefix) {
    try (TextEmbedder embedder = TextEmbedder.load(model, options.build())) {
      TextEmbedder ours = embedder.queries();
      List<float[]> list = ours.predictAll(TEXTS);
      for (int i = 0; i < TEXTS.size(); i++) {
        String text = TEXTS.get(i);
        float[] expected = theirs.embed(prefix + text).content().vector();
        check(model, text, expected, ours.predict(text));
        check(model, text, expected, list.get(i));
      }
    }
  }

  private static void check(TextModel model, String text, float[] expected, float[] actual) {
    double cosine = cosine(expected, actual);
    assertTrue(
        cosine >= LEAST_COSINE,
        () -> model.name() + ", text of " + text.length() + " characters: cosine " + cosine);
    assertEquals(1, norm(actual), 1e-5);
  }

  static double cosine(float[] a, float[] b) {
    assertEquals(a.length, b.length);
    double dot = 0;
    for (int i = 0; i < a.length; i++) {
      dot += (double) a[i] * b[i];
    }
    return dot / norm(a) / norm(b);
  }

  private static double norm(float[] a) {
    double squares = 0;
    for (float value : a) {
      squares += (double) value * value;
    }
    return Math.sqrt(squares);
  }
}
