package dev.inproc.inference.langchain4j;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class GuideTest {
  private static final Pattern JAVA = Pattern.compile("(?s)```java\n(.*?)```");
  private static final String SNIPPETS =
      "src/test/java/dev/inproc/inference/langchain4j/GuideSnippets.java";

  @Test
  void guide_quotesCodeThatCompiles() throws IOException {
    String source = squeezed(Files.readString(Path.of(SNIPPETS)));
    String guide = Files.readString(Path.of("../../docs/langchain4j.md"));
    long blocks =
        JAVA.matcher(guide)
            .results()
            .map(MatchResult::group)
            .map(block -> block.replace("```java\n", "").replace("```", ""))
            .peek(block -> assertTrue(source.contains(squeezed(block)), "not compiled: " + block))
            .count();
    assertTrue(blocks >= 5);
  }

  private static String squeezed(String code) {
    return code.replaceAll("\\s+", " ").strip();
  }
}
