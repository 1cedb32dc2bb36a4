package dev.inproc.inference.springai;

import dev.inproc.inference.CallOptions;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.text.EmbeddedText;
import java.util.List;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.chat.metadata.EmptyUsage;
import org.springframework.ai.chat.metadata.Usage;

/** Embeds texts of one role, and counts their tokens where the predictor does. */
interface TextEncoder {

  /** Vectors, one a text, in order, and the tokens that the model read for all of them. */
  record Encoded(List<float[]> vectors, Usage usage) {}

  float[] encode(String text, CallOptions options);

  Encoded encodeAll(List<String> texts, CallOptions options);

  /** Encodes with a predictor that counts no tokens: the usage is empty. */
  static TextEncoder uncounted(Predictor<String, float[]> predictor) {
    return new TextEncoder() {
      @Override
      public float[] encode(String text, CallOptions options) {
        return predictor.predict(text, options);
      }

      @Override
      public Encoded encodeAll(List<String> texts, CallOptions options) {
        return new Encoded(answers(predictor, texts, options), new EmptyUsage());
      }
    };
  }

  /** Encodes with a predictor and its counting view. */
  static TextEncoder counted(
      Predictor<String, float[]> predictor, Predictor<String, EmbeddedText> counting) {
    return new TextEncoder() {
      @Override
      public float[] encode(String text, CallOptions options) {
        return predictor.predict(text, options);
      }

      @Override
      public Encoded encodeAll(List<String> texts, CallOptions options) {
        List<EmbeddedText> embedded = answers(counting, texts, options);
        long tokens = embedded.stream().mapToLong(EmbeddedText::tokens).sum();
        return new Encoded(
            embedded.stream().map(EmbeddedText::vector).toList(),
            new DefaultUsage((int) Math.min(tokens, Integer.MAX_VALUE), 0));
      }
    };
  }

  /** One text takes the shorter way of {@code predict}. */
  private static <T> List<T> answers(
      Predictor<String, T> predictor, List<String> texts, CallOptions options) {
    return texts.size() == 1
        ? List.of(predictor.predict(texts.get(0), options))
        : predictor.predictAll(texts, options);
  }
}
