package dev.inproc.inference.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.ModelLoadException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Scores by models with a head, against scores that are computed here by hand. */
class HeadsTest {
  private static final HuggingFaceTokenizer TOKENIZER = SmallModels.tokenizer();
  private static final TextPair PAIR =
      new TextPair("What is an embedding?", "A vector that stands for a text.");
  private static final TextPair OTHER =
      new TextPair("short", "A much longer passage, of which some must be read and some must not.");
  private static final String LABELS =
      "\"id2label\": {\"0\": \"anger\", \"1\": \"joy\", \"2\": \"fear\"}";

  @TempDir Path directory;
  private int written;

  @AfterAll
  static void closeTokenizer() {
    TOKENIZER.close();
  }

  private TextModel model(byte[] graph, String config) {
    Map<String, String> files = config.isEmpty() ? Map.of() : Map.of("config.json", config);
    return TextModel.directory(
        SmallModels.write(directory.resolve(written++ + "/m"), graph, files));
  }

  /** The sum of the vectors of the tokens, times the head. */
  private static double[] logits(Encoding tokens, int labels) {
    double[] sum = new double[SmallModels.SIZE];
    for (int token = 0; token < tokens.getIds().length; token++) {
      float[] vector = SmallModels.vector(tokens.getIds()[token], tokens.getTypeIds()[token]);
      for (int i = 0; i < sum.length; i++) {
        sum[i] += vector[i];
      }
    }
    double[] logits = new double[labels];
    float[] head = SmallModels.head(labels);
    for (int label = 0; label < labels; label++) {
      for (int i = 0; i < sum.length; i++) {
        logits[label] += sum[i] * head[i * labels + label];
      }
    }
    return logits;
  }

  private static double[] logits(TextPair pair, int labels) {
    return logits(TOKENIZER.encode(pair.first(), pair.second()), labels);
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{};true",
        "{\"sbert_ce_default_activation_function\":"
            + " \"torch.nn.modules.activation.Sigmoid\"};true",
        "{\"sbert_ce_default_activation_function\":"
            + " \"torch.nn.modules.linear.Identity\"};false",
        "{\"sentence_transformers\": {\"activation_fn\": \"torch.nn.modules.linear.Identity\"},"
            + " \"sbert_ce_default_activation_function\": \"x.Sigmoid\"};false"
      })
  void crossEncoder_ofOneLabel_scoresAsItsConfigSays(String config, boolean isSigmoid) {
    double logit = logits(PAIR, 1)[0];
    double other = logits(OTHER, 1)[0];
    double expected = isSigmoid ? sigmoid(logit) : logit;
    double expectedOther = isSigmoid ? sigmoid(other) : other;
    try (CrossEncoder encoder = CrossEncoder.load(model(SmallModels.withHead(1), config))) {
      assertEquals(expected, encoder.predict(PAIR), 1e-4);
      assertEquals(expected, encoder.submit(PAIR).join(), 1e-4);
      List<Float> list = encoder.predictAll(List.of(OTHER, PAIR));
      assertEquals(expectedOther, list.get(0), 1e-4);
      assertEquals(expected, list.get(1), 1e-4);
      ScoredPair counted = encoder.counted().predict(PAIR);
      assertEquals(expected, counted.score(), 1e-4);
      assertEquals(TOKENIZER.encode(PAIR.first(), PAIR.second()).getIds().length, counted.tokens());
      assertEquals("m", encoder.name());
    }
  }

  @Test
  void crossEncoder_ofTwoLabels_givesTheShareOfTheSecond() {
    double[] logits = logits(PAIR, 2);
    double expected = Math.exp(logits[1]) / (Math.exp(logits[0]) + Math.exp(logits[1]));
    try (CrossEncoder encoder = CrossEncoder.load(model(SmallModels.withHead(2), ""))) {
      assertEquals(expected, encoder.predict(PAIR), 1e-4);
    }
  }

  @Test
  void crossEncoder_ofAModelThatIsNone_isRefused() {
    assertRefused(SmallModels.withHead(3), "", "TextClassifier");
    assertRefused(SmallModels.encoder(), "", "output");
    assertRefused(
        SmallModels.withHead(1),
        "{\"sbert_ce_default_activation_function\": \"torch.nn.Tanh\"}",
        "torch.nn.Tanh");
  }

  private void assertRefused(byte[] graph, String config, String named) {
    String message =
        assertThrows(
                ModelLoadException.class, () -> CrossEncoder.load(model(graph, config)).close())
            .getMessage();
    assertTrue(message.contains(named), message);
  }

  @Test
  void crossEncoder_ofALongPair_cutsTheLongerText() {
    TextOptions options = TextOptions.builder().maxTokens(11).build();
    long[] first = TOKENIZER.encode("short", false, false).getIds();
    try (CrossEncoder encoder =
        CrossEncoder.load(
            model(
                SmallModels.withHead(1),
                "{\"sbert_ce_default_activation_function\": \"x.Identity\"}"),
            options)) {
      int left = 11 - 3 - first.length;
      List<String> words = new ArrayList<>(List.of("a much longer passage , of which".split(" ")));
      TextPair cut = new TextPair("short", String.join(" ", words.subList(0, left)));
      assertEquals(logits(cut, 1)[0], encoder.predict(OTHER), 1e-3);
      assertEquals(11, encoder.counted().predict(OTHER).tokens());
      TextPair both = new TextPair("one two three four five six", "one two three four five six");
      assertEquals(
          logits(new TextPair("one two three four", "one two three four"), 1)[0],
          encoder.predict(both),
          1e-3);
      assertEquals(3, encoder.find(TextStats.class).orElseThrow().metrics().truncated());
    }
    TextOptions strict = options.toBuilder().longTexts(LongTexts.REFUSE).build();
    try (CrossEncoder encoder = CrossEncoder.load(model(SmallModels.withHead(1), ""), strict)) {
      InvalidInputException refused =
          assertThrows(InvalidInputException.class, () -> encoder.predictAll(List.of(PAIR, OTHER)));
      assertTrue(refused.getMessage().contains("TextOptions.longTexts"), refused.getMessage());
    }
  }

  @Test
  void heads_withTextsSplitOrWithoutRoom_areRefusedWithTheOption() {
    TextOptions split = TextOptions.builder().longTexts(LongTexts.SPLIT_AND_AVERAGE).build();
    assertFails("longTexts", () -> CrossEncoder.load(model(SmallModels.withHead(1), ""), split));
    assertFails("longTexts", () -> TextClassifier.load(model(SmallModels.withHead(3), ""), split));
    TextOptions three = TextOptions.builder().maxTokens(3).build();
    assertFails("maxTokens", () -> CrossEncoder.load(model(SmallModels.withHead(1), ""), three));
  }

  private static void assertFails(String option, Supplier<? extends AutoCloseable> load) {
    String message = assertThrows(ModelLoadException.class, () -> load.get().close()).getMessage();
    assertTrue(message.contains("TextOptions." + option), message);
  }

  @Test
  void classifier_ofManyLabels_sortsSharesThatSumToOne() {
    String text = "I am so happy today!";
    double[] logits = logits(TOKENIZER.encode(text), 3);
    double sum = Math.exp(logits[0]) + Math.exp(logits[1]) + Math.exp(logits[2]);
    List<String> labels = List.of("anger", "joy", "fear");
    try (TextClassifier classifier =
        TextClassifier.load(model(SmallModels.withHead(3), "{" + LABELS + "}"))) {
      assertEquals(labels, classifier.labels());
      for (Map<String, Float> scores :
          List.of(
              classifier.predict(text),
              classifier.submit(text).join(),
              classifier.predictAll(List.of("another text, which is longer", text)).get(1))) {
        for (int i = 0; i < 3; i++) {
          assertEquals(Math.exp(logits[i]) / sum, scores.get(labels.get(i)), 1e-4);
        }
        List<Float> inOrder = List.copyOf(scores.values());
        assertTrue(inOrder.get(0) >= inOrder.get(1) && inOrder.get(1) >= inOrder.get(2));
        assertThrows(UnsupportedOperationException.class, () -> scores.put("x", 1f));
      }
    }
  }

  @Test
  void classifier_ofManyLabelsAtOnce_givesEachItsOwnScore() {
    String text = "I am so happy today!";
    double[] logits = logits(TOKENIZER.encode(text), 3);
    try (TextClassifier classifier =
        TextClassifier.load(
            model(
                SmallModels.withHead(3),
                "{" + LABELS + ", \"problem_type\": \"multi_label_classification\"}"))) {
      assertEquals(sigmoid(logits[1]), classifier.predict(text).get("joy"), 1e-4);
    }
  }

  @Test
  void classifier_withWrongLabels_isRefusedWithTheFile() {
    for (String config :
        List.of(
            "{\"id2label\": {\"0\": \"a\", \"1\": \"b\"}}",
            "{\"id2label\": {\"0\": \"a\", \"1\": \"b\", \"3\": \"c\"}}",
            "{\"id2label\": {\"0\": \"a\", \"1\": \"b\", \"2\": 7}}",
            "{\"id2label\": {\"0\": \"a\", \"1\": \"b\", \"2\": \"a\"}}",
            "{\"id2label\": [\"a\"]}")) {
      String message =
          assertThrows(
                  ModelLoadException.class,
                  () -> TextClassifier.load(model(SmallModels.withHead(3), config)).close(),
                  config)
              .getMessage();
      assertTrue(message.contains("config.json"), message);
    }
    try (TextClassifier classifier = TextClassifier.load(model(SmallModels.withHead(3), ""))) {
      assertEquals(List.of("LABEL_0", "LABEL_1", "LABEL_2"), classifier.labels());
    }
  }
}
