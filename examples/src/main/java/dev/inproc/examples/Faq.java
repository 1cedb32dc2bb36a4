package dev.inproc.examples;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.text.BreakIterator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;

/** The questions and answers of a made-up music shop, and questions as its customers put them. */
final class Faq {
  private static final int SHORT_SENTENCE = 25;

  /** One question with its answer. */
  record Entry(String id, String category, String question, String answer) {
    /** The answer's first sentence; with the second where the first is a mere "Yes.". */
    String summary() {
      BreakIterator sentences = BreakIterator.getSentenceInstance(Locale.ENGLISH);
      sentences.setText(answer);
      int end = sentences.next();
      while (end < SHORT_SENTENCE && end < answer.length()) {
        end = sentences.next();
      }
      return answer.substring(0, end).strip();
    }
  }

  /** A customer's question, and the entry that answers it. */
  record Question(String text, String expectedId) {}

  private Faq() {}

  static List<Entry> entries() {
    return rows("faq.tsv", 4).map(c -> new Entry(c[0], c[1], c[2], c[3])).toList();
  }

  static List<Question> questions() {
    return rows("questions.tsv", 2).map(c -> new Question(c[0], c[1])).toList();
  }

  private static Stream<String[]> rows(String name, int columns) {
    try (InputStream in = Faq.class.getResourceAsStream("faq/" + name)) {
      String all =
          new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
      return all.lines().skip(1).map(line -> split(name, line, columns));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String[] split(String name, String line, int columns) {
    String[] cells = line.split("\t", -1);
    if (cells.length != columns) {
      throw new IllegalStateException(name + ": not " + columns + " columns: " + line);
    }
    return cells;
  }
}
