package dev.inproc.examples.langchain4j;

import dev.langchain4j.data.document.Metadata;
import dev.langchain4j.data.segment.TextSegment;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/** The questions and answers of a made-up music shop: the FAQ of the other examples. */
final class Faq {
  /** The key of an entry's id. */
  static final String ID = "id";

  private static final String FOLDER = "dev/inproc/examples/faq/";

  /** A customer's question, and the id of the entry that answers it. */
  record Question(String text, String expectedId) {}

  private Faq() {}

  /** One segment an entry: the question, then the answer. */
  static List<TextSegment> segments() {
    return rows("faq.tsv").stream()
        .map(row -> TextSegment.from(row[2] + "\n" + row[3], Metadata.from(ID, row[0])))
        .toList();
  }

  static List<Question> questions() {
    return rows("questions.tsv").stream().map(row -> new Question(row[0], row[1])).toList();
  }

  private static List<String[]> rows(String name) {
    try (InputStream in = Faq.class.getClassLoader().getResourceAsStream(FOLDER + name)) {
      byte[] all = Objects.requireNonNull(in, name).readAllBytes();
      return new String(all, StandardCharsets.UTF_8)
          .lines()
          .skip(1)
          .map(line -> line.split("\t", -1))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
