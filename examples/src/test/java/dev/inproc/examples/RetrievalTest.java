package dev.inproc.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.inproc.inference.Predictor;
import dev.inproc.inference.onnx.OnnxEngine;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The real model on the real corpus. */
class RetrievalTest {
  private static HuggingFaceTokenizer tokenizer;
  private static Predictor<String, float[]> embedder;

  @BeforeAll
  static void open() {
    tokenizer = MiniLm.tokenizer();
    embedder =
        new OnnxEngine()
            .load(MiniLm.model(), MiniLm.sessionOptions().build())
            .with(new SentenceCodec(tokenizer));
  }

  @AfterAll
  static void close() {
    embedder.close();
    tokenizer.close();
  }

  @Test
  void predict_publishedSentences_haveThePublishedSimilarities() {
    // From the model's card, under sentence similarity.
    float[] happy = embedder.predict("That is a happy person");
    assertEquals(0.695, cosine(happy, embedder.predict("That is a happy dog")), 0.001);
    assertEquals(0.943, cosine(happy, embedder.predict("That is a very happy person")), 0.001);
    assertEquals(0.257, cosine(happy, embedder.predict("Today is a sunny day")), 0.001);
  }

  @Test
  void index_bundledQuestions_reachTheMeasuredAccuracy() {
    FaqIndex index = FaqIndex.of(Faq.entries(), embedder);
    Answers.Accuracy accuracy = Answers.Accuracy.of(Faq.questions(), index, embedder);
    // Measured: 0.567 and 0.717.
    assertTrue(accuracy.first() >= 0.537, accuracy::toString);
    assertTrue(accuracy.firstThree() >= 0.687, accuracy::toString);
  }

  @Test
  void printBundled_questions_printsASampleAndTheAccuracy() {
    FaqIndex index = FaqIndex.of(Faq.entries().subList(0, 20), embedder);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    Answers.printBundled(Faq.questions().subList(0, 16), index, embedder, out);
    List<String> lines = bytes.toString(StandardCharsets.UTF_8).lines().toList();
    assertEquals(2, lines.stream().filter(line -> line.startsWith("Q ")).count());
    assertTrue(
        lines.get(lines.size() - 1).startsWith("Of 16 questions worded unlike the FAQ, "),
        lines::toString);
    lines.forEach(line -> assertTrue(line.length() <= 100, line));
  }

  @Test
  void index_anEntrysOwnQuestion_findsThatEntry() {
    List<Faq.Entry> entries = Faq.entries().subList(0, 40);
    FaqIndex index = FaqIndex.of(entries, embedder);
    for (Faq.Entry entry : entries) {
      FaqIndex.Match match = index.nearest(embedder.predict(entry.question()), 1).get(0);
      assertEquals(entry, match.entry());
      assertEquals(1, match.similarity(), 1e-5);
    }
  }

  @Test
  void predictAll_textsOfMixedLengths_equalsEachAlone() {
    List<String> texts = new ArrayList<>(List.of("", "amp", "violin ".repeat(300)));
    texts.addAll(FaqIndex.texts(Faq.entries()).subList(0, 60));
    // Several times, since what is padded with what follows from costs that are still being
    // learned.
    for (int round = 0; round < 2; round++) {
      List<float[]> together = embedder.predictAll(texts);
      for (int i = 0; i < texts.size(); i++) {
        assertArrayEquals(embedder.predict(texts.get(i)), together.get(i), 1e-5f, texts.get(i));
      }
    }
  }

  @Test
  void plainEmbedder_sameTexts_givesTheSameVectors() {
    try (PlainEmbedder plain = new PlainEmbedder(MiniLm.model(), tokenizer)) {
      Embedder caller = plain.newCaller();
      for (Faq.Question question : Faq.questions().subList(0, 20)) {
        float[] expected = caller.embed(question.text());
        assertArrayEquals(expected, embedder.predict(question.text()), 1e-5f);
      }
    }
  }

  private static double cosine(float[] a, float[] b) {
    double dot = 0;
    for (int i = 0; i < a.length; i++) {
      dot += a[i] * b[i];
    }
    return dot;
  }
}
