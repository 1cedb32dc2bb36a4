package dev.inproc.integrations.benchmarks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.text.Pooling;
import dev.inproc.inference.text.TextEmbedder;
import dev.inproc.inference.text.TextModel;
import dev.inproc.inference.text.TextOptions;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** All sides of the comparison embed the same texts alike. */
class ServicesTest {
  private static final List<String> TEXTS =
      Stream.concat(Sentences.of("short", 8).stream(), Sentences.of("mixed", 24).stream()).toList();

  /** Alone and in a list. */
  private static void assertAgrees(
      EmbeddingService service, List<float[]> expected, double leastCosine) {
    try (service) {
      List<float[]> all = service.embedAll(TEXTS);
      for (int i = 0; i < TEXTS.size(); i++) {
        assertCosine(leastCosine, expected.get(i), all.get(i));
        assertCosine(leastCosine, expected.get(i), service.embed(TEXTS.get(i)));
      }
    }
  }

  private static void assertCosine(double least, float[] a, float[] b) {
    double cosine = cosine(a, b);
    assertTrue(cosine >= least, () -> cosine + " < " + least);
  }

  private static double cosine(float[] a, float[] b) {
    double product = 0;
    double squaresA = 0;
    double squaresB = 0;
    for (int i = 0; i < a.length; i++) {
      product += (double) a[i] * b[i];
      squaresA += (double) a[i] * a[i];
      squaresB += (double) b[i] * b[i];
    }
    return product / Math.sqrt(squaresA * squaresB);
  }

  @Test
  void services_agree() {
    List<float[]> expected;
    try (EmbeddingService reference = Services.langChain4j(0)) {
      expected = reference.embedAll(TEXTS);
    }
    assertAgrees(Services.langChain4jOneByOne(1), expected, 0.9999);
    assertAgrees(Services.langChain4jInt8(0), expected, 0.97);
    assertAgrees(Services.inproc(0), expected, 0.9999);
    assertAgrees(Services.inprocInt8(0), expected, 0.99);
    assertAgrees(Services.springAi(0), expected, 0.9999);
  }

  @Test
  void rowWiseInt8_isBitEqualAloneAndInAList() {
    try (EmbeddingService service = Services.inprocInt8(0)) {
      List<float[]> all = service.embedAll(TEXTS);
      for (int i = 0; i < TEXTS.size(); i++) {
        assertArrayEquals(service.embed(TEXTS.get(i)), all.get(i), TEXTS.get(i));
      }
    }
  }

  /** LangChain4j's own embeds texts one by one; in a batch this file's answers change. */
  @Test
  void shippedInt8_inABatch_changesAnswers() {
    TextModel files =
        TextModel.of(MiniLm.source(MiniLm.SHIPPED_INT8), MiniLm.source(MiniLm.TOKENIZER));
    SessionOptions unprobed = SessionOptions.builder().integrity(IntegrityOptions.skip()).build();
    TextOptions options = TextOptions.builder().pooling(Pooling.MEAN).session(unprobed).build();
    try (TextEmbedder embedder = TextEmbedder.load(files, options)) {
      List<float[]> all = embedder.predictAll(TEXTS);
      double least = 1;
      for (int i = 0; i < TEXTS.size(); i++) {
        least = Math.min(least, cosine(embedder.predict(TEXTS.get(i)), all.get(i)));
      }
      double cosine = least;
      assertTrue(cosine < 0.999, () -> "least cosine " + cosine);
    }
  }

  @Test
  void texts_areAsLongAsTheirKindSays_andTheSameInEveryRun() {
    try (HuggingFaceTokenizer tokenizer = Sentences.tokenizer()) {
      for (String text : Sentences.of("short", 100)) {
        int tokens = tokenizer.encode(text).getIds().length;
        assertTrue(tokens >= 8 && tokens <= 16, text);
      }
      List<String> mixed = Sentences.of("mixed", 512);
      int[] lengths =
          mixed.stream().mapToInt(text -> tokenizer.encode(text).getIds().length).toArray();
      assertEquals(4, Arrays.stream(lengths).min().orElse(0));
      assertEquals(64, Arrays.stream(lengths).max().orElse(0));
      assertEquals(mixed.subList(0, 20), Sentences.of("mixed", 512).subList(0, 20));
    }
  }

  @Test
  void callers_eachMakeTheirOwnNumbers() {
    ConcurrentLinkedQueue<Integer> made = new ConcurrentLinkedQueue<>();
    try (Callers callers = new Callers(3, made::add)) {
      assertEquals(100, callers.call(100));
      assertEquals(100, callers.call(100));
    }
    assertTrue(made.size() >= 200);
    assertEquals(made.size(), made.stream().distinct().count());
  }
}
