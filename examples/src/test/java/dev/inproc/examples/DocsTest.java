package dev.inproc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the documents quote, link and weigh. */
class DocsTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Path CONSUMER = ROOT.resolve("integrations/bom/consumer");
  private static final long MOST_BYTES = 200_000;
  private static final Pattern CODE = Pattern.compile("(?s)```.*?```|`[^`]*`");
  private static final Pattern LINK = Pattern.compile("]\\(([^)#: ]+)(?:#[^)]*)?\\)");

  @Test
  void start_quotesTheProjectThatIsBuiltAndRun() throws IOException {
    List<String> blocks = blocks(Files.readString(ROOT.resolve("docs/start.md")));
    for (String file :
        List.of(
            "src/main/java/com/example/scoring/ScoringService.java",
            "src/main/java/module-info.java",
            "Dockerfile")) {
      String source = Files.readString(CONSUMER.resolve(file));
      assertTrue(blocks.contains(source), "docs/start.md does not quote " + file + " as it is");
    }
    String pom = squeezed(Files.readString(CONSUMER.resolve("pom.xml")));
    List<String> xml = blocks.stream().filter(block -> block.startsWith("<")).toList();
    assertFalse(xml.isEmpty());
    for (String block : xml) {
      String part = squeezed(block).replace("0.1.0-SNAPSHOT", "${inproc.version}");
      assertTrue(pom.contains(part), "not in the project's pom.xml:\n" + block);
    }
  }

  @Test
  void pagesOnFrameworks_quoteCodeThatIsCompiled() throws IOException {
    StringBuilder compiled = new StringBuilder();
    for (String folder : List.of("examples/src/test", "integrations")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(folder))) {
        for (Path file : files.filter(f -> f.toString().endsWith("Snippets.java")).toList()) {
          compiled.append(squeezed(Files.readString(file)));
        }
      }
    }
    List<String> ours =
        Stream.concat(
                blocks(Files.readString(ROOT.resolve("docs/coming-from.md"))).stream()
                    .filter(block -> block.startsWith("// Inproc\n"))
                    .map(block -> block.substring(block.indexOf('\n'))),
                blocks(Files.readString(ROOT.resolve("docs/spring-ai.md"))).stream()
                    .filter(block -> block.contains(";\n")))
            .toList();
    assertEquals(12, ours.size());
    for (String block : ours) {
      assertTrue(compiled.indexOf(squeezed(block)) >= 0, "in no *Snippets.java:\n" + block);
    }
  }

  @Test
  void readme_importsTheBomAsStartDoes() throws IOException {
    Pattern snippet = Pattern.compile("<dependencyManagement>.*</dependencies>", Pattern.DOTALL);
    Matcher readme = snippet.matcher(Files.readString(ROOT.resolve("README.md")));
    Matcher start = snippet.matcher(Files.readString(ROOT.resolve("docs/start.md")));
    assertTrue(readme.find() && start.find());
    assertEquals(start.group(), readme.group());
  }

  @Test
  void docs_noFileIsOver200kB() throws IOException {
    try (Stream<Path> files = Files.walk(ROOT.resolve("docs"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertTrue(Files.size(file) <= MOST_BYTES, file + ": make it small with CompactJson");
      }
    }
  }

  @Test
  void links_leadToFiles() throws IOException {
    List<Path> pages = new ArrayList<>();
    try (Stream<Path> docs = Files.list(ROOT.resolve("docs"));
        Stream<Path> root = Files.list(ROOT)) {
      Stream.concat(docs, root).filter(file -> file.toString().endsWith(".md")).forEach(pages::add);
    }
    assertTrue(pages.size() > 10);
    for (Path page : pages) {
      Matcher link = LINK.matcher(CODE.matcher(Files.readString(page)).replaceAll(""));
      while (link.find()) {
        assertTrue(Files.exists(page.resolveSibling(link.group(1))), page + ": " + link.group());
      }
    }
  }

  private static List<String> blocks(String page) {
    List<String> blocks = new ArrayList<>();
    Matcher block =
        Pattern.compile("^```\\w*\\n(.*?)^```", Pattern.DOTALL | Pattern.MULTILINE).matcher(page);
    while (block.find()) {
      blocks.add(block.group(1));
    }
    return blocks;
  }

  private static String squeezed(String text) {
    return text.replaceAll("\\s+", "");
  }
}
