package dev.inproc.inference.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;

/** Each property is described: to a reader of the docs, and to an IDE. */
class PropertyDocsTest {
  private static final Path SOURCE =
      Path.of("src/main/java/dev/inproc/inference/spring/boot/ModelProperties.java");

  @Test
  void docs_haveARowForEachProperty_andNoOther() throws IOException {
    String docs = Files.readString(Path.of("../../docs/spring-boot.md"));
    Matcher rows =
        Pattern.compile("(?m)^\\| `([a-z][a-z.-]+)` \\| ([^|]{8,}) \\|")
            .matcher(docs.substring(docs.indexOf("## Properties")));
    List<String> documented = new ArrayList<>();
    while (rows.find()) {
      documented.add(rows.group(1));
    }
    assertThat(documented).containsExactlyElementsOf(properties(ModelProperties.class, ""));
  }

  @Test
  void javadoc_describesEachProperty() throws IOException {
    String source = Files.readString(SOURCE);
    for (String property : properties(ModelProperties.class, "")) {
      String component = camelCase(property.substring(property.lastIndexOf('.') + 1));
      assertThat(source).as(property).containsPattern("@param " + component + " [a-z]");
    }
  }

  @Test
  void metadata_ofTheJar_describesItsProperties() throws IOException {
    Path metadata = Path.of("target/classes/META-INF/spring-configuration-metadata.json");
    org.junit.jupiter.api.Assumptions.assumeTrue(
        Files.exists(metadata), "Made by Maven's build alone");
    assertThat(Files.readString(metadata))
        .contains("\"inproc.models\"")
        .containsPattern("\"description\": \"the models by name");
  }

  /** Returns the properties of a model in the order of its records, as they are written. */
  private static List<String> properties(Class<?> type, String prefix) {
    List<String> all = new ArrayList<>();
    for (RecordComponent each : type.getRecordComponents()) {
      String name = prefix + kebabCase(each.getName());
      if (each.getType().isRecord()) {
        all.addAll(properties(each.getType(), name + "."));
      } else {
        all.add(name);
      }
    }
    return all;
  }

  private static String kebabCase(String name) {
    String kebab = name.replaceAll("([A-Z])", "-$1").toLowerCase(java.util.Locale.ROOT);
    assertThat(ConfigurationPropertyName.isValid(kebab)).isTrue();
    return kebab;
  }

  private static String camelCase(String name) {
    Matcher dashes = Pattern.compile("-([a-z])").matcher(name);
    return dashes.replaceAll(found -> found.group(1).toUpperCase(java.util.Locale.ROOT));
  }
}
