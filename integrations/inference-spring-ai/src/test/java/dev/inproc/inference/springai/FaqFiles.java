package dev.inproc.inference.springai;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The FAQ of the examples, and questions as customers put them. */
final class FaqFiles {
  /** A line of the FAQ. */
  record Entry(String id, String question, String answer) {}

  /** A customer's question, and the entry that answers it. */
  record Question(String text, String expectedId) {}

  private FaqFiles() {}

  static List<Entry> entries() {
    return rows("faq.tsv").stream().map(c -> new Entry(c[0], c[2], c[3])).toList();
  }

  static List<Question> questions() {
    return rows("questions.tsv").stream().map(c -> new Question(c[0], c[1])).toList();
  }

  private static List<String[]> rows(String name) {
    try (var lines = Files.lines(folder().resolve(name))) {
      return lines.skip(1).map(line -> line.split("\t", -1)).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Tests run from this module's folder, and from that of the tests on Spring AI 2.0. */
  private static Path folder() {
    Path faq = Path.of("examples/src/main/resources/dev/inproc/examples/faq");
    for (Path up = Path.of("").toAbsolutePath(); up != null; up = up.getParent()) {
      if (Files.isDirectory(up.resolve(faq))) {
        return up.resolve(faq);
      }
    }
    throw new IllegalStateException("no " + faq + " above " + Path.of("").toAbsolutePath());
  }
}
