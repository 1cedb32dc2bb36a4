package dev.inproc.integrations.benchmarks;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.ToIntFunction;

/**
 * English texts of chosen lengths in tokens, special tokens included: parts of the answers of the
 * examples' FAQ, cut at words. The same in every run.
 */
final class Sentences {
  private static final String FAQ = "dev/inproc/examples/faq/faq.tsv";
  private static final int ANSWER = 3; // the column
  private static final long SEED = 18;
  private static final int SPECIAL = 2; // [CLS] and [SEP]
  private static final int TRIES = 10_000;

  private Sentences() {}

  /**
   * So many texts.
   *
   * @param kind {@code short} for 8 to 16 tokens, {@code mixed} for 4 to 64, evenly spread
   */
  static List<String> of(String kind, int count) {
    return switch (kind) {
      case "short" -> of(8, 16, count);
      case "mixed" -> of(4, 64, count);
      default -> throw new IllegalArgumentException("No texts \"" + kind + "\"");
    };
  }

  private static List<String> of(int shortest, int longest, int count) {
    List<Answer> answers = answers();
    Random random = new Random(SEED);
    List<String> texts = new ArrayList<>();
    while (texts.size() < count) {
      int length = shortest + random.nextInt(longest - shortest + 1);
      texts.add(text(answers, length, random));
    }
    return texts;
  }

  /**
   * An answer.
   *
   * @param words between spaces
   * @param tokens of each word; a text has their sum and two special tokens
   */
  private record Answer(List<String> words, int[] tokens) {}

  /** A text of exactly so many tokens. */
  private static String text(List<Answer> answers, int length, Random random) {
    for (int i = 0; i < TRIES; i++) {
      Answer answer = answers.get(random.nextInt(answers.size()));
      int first = random.nextInt(Math.max(1, answer.words.size() / 2));
      int tokens = SPECIAL;
      int end = first;
      while (tokens < length && end < answer.words.size()) {
        tokens += answer.tokens[end++];
      }
      if (tokens == length) {
        return String.join(" ", answer.words.subList(first, end));
      }
    }
    throw new IllegalStateException("No text of " + length + " tokens");
  }

  private static List<Answer> answers() {
    try (HuggingFaceTokenizer tokenizer = tokenizer()) {
      ToIntFunction<String> tokens = word -> tokenizer.encode(word).getIds().length - SPECIAL;
      return new String(MiniLm.file(FAQ), StandardCharsets.UTF_8)
          .lines()
          .skip(1)
          .map(line -> List.of(line.split("\t", -1)[ANSWER].split(" ", -1)))
          .map(words -> new Answer(words, words.stream().mapToInt(tokens).toArray()))
          .toList();
    }
  }

  static HuggingFaceTokenizer tokenizer() {
    try {
      return HuggingFaceTokenizer.newInstance(
          new ByteArrayInputStream(MiniLm.file(MiniLm.TOKENIZER)), Map.of("padding", "false"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
