package dev.inproc.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/**
 * The BOM has no parent, so that it brings nothing else along; hence its versions are written a
 * second time, and compared here.
 */
class BomTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Set<String> GROUPS =
      Set.of("com.microsoft.onnxruntime", "dev.inproc", "org.tensorflow");

  private final Element parent = pom("pom.xml");
  private final Element bom = pom("integrations/bom/pom.xml");

  @Test
  void bom_versionsAreTheBuilds() {
    assertEquals(text(parent, "version"), text(bom, "version"));
    Map<String, String> built = managed(parent);
    Map<String, String> listed = managed(bom);
    assertFalse(listed.isEmpty());
    listed.forEach(
        (artifact, version) -> {
          if (built.containsKey(artifact)) {
            assertEquals(built.get(artifact), version, artifact);
          }
        });
    assertEquals(
        built.get("org.tensorflow:tensorflow-core-api"),
        listed.get("org.tensorflow:tensorflow-core-native"));
  }

  @Test
  void bom_listsOurArtifactsAndEnginesAlone() {
    Set<String> groups = new TreeSet<>();
    managed(bom).keySet().forEach(artifact -> groups.add(artifact.split(":", -1)[0]));
    assertEquals(new TreeSet<>(GROUPS), groups);
    assertNull(child(bom, "parent"), "an import takes the parent's management over too");
    for (Element dependency : elements(child(child(bom, "dependencyManagement"), "dependencies"))) {
      String scope = text(dependency, "scope");
      assertEquals("", scope, "an import of another BOM, or a scope for users: " + dependency);
    }
  }

  @Test
  void bom_listsEachPublishedModule() {
    Set<String> published = new TreeSet<>();
    List<String> modules = new ArrayList<>();
    elements(child(parent, "modules")).forEach(module -> modules.add(module.getTextContent()));
    elements(child(pom("integrations/pom.xml"), "modules"))
        .forEach(module -> modules.add("integrations/" + module.getTextContent()));
    for (String module : modules) {
      Element pom = pom(module + "/pom.xml");
      Element properties = child(pom, "properties");
      boolean kept = properties != null && text(properties, "maven.deploy.skip").equals("true");
      if (!kept && !text(pom, "packaging").equals("pom")) {
        published.add("dev.inproc:" + text(pom, "artifactId"));
      }
    }
    Set<String> listed = new TreeSet<>(managed(bom).keySet());
    listed.removeIf(artifact -> !artifact.startsWith("dev.inproc:"));
    assertEquals(published, listed);
  }

  @Test
  void metadata_isTheBuilds() {
    for (String name : Set.of("url", "organization", "licenses", "developers", "scm")) {
      String built = child(parent, name).getTextContent().replaceAll("\\s+", " ").strip();
      String listed = child(bom, name).getTextContent().replaceAll("\\s+", " ").strip();
      assertFalse(built.isEmpty());
      assertEquals(built, listed, name);
    }
    assertEquals(
        text(child(parent, "properties"), "project.build.outputTimestamp"),
        text(child(bom, "properties"), "project.build.outputTimestamp"));
  }

  /** Group and artifact to version; test jars are nobody's but the build's. */
  private static Map<String, String> managed(Element pom) {
    Map<String, String> versions = new TreeMap<>();
    for (Element dependency : elements(child(child(pom, "dependencyManagement"), "dependencies"))) {
      if (text(dependency, "type").isEmpty()) {
        String artifact = text(dependency, "groupId") + ":" + text(dependency, "artifactId");
        String version = resolve(pom, text(dependency, "version"));
        String before = versions.put(artifact, version);
        assertTrue(before == null || before.equals(version), artifact + " has two versions");
      }
    }
    return versions;
  }

  private static String resolve(Element pom, String version) {
    var reference = Pattern.compile("\\$\\{(.+)}").matcher(version);
    if (!reference.matches()) {
      return version;
    }
    String name = reference.group(1);
    return name.equals("project.version")
        ? text(pom, "version")
        : text(child(pom, "properties"), name);
  }

  private static Element pom(String path) {
    try (var in = Files.newInputStream(ROOT.resolve(path))) {
      return DocumentBuilderFactory.newInstance()
          .newDocumentBuilder()
          .parse(in)
          .getDocumentElement();
    } catch (Exception e) {
      throw new AssertionError(path, e);
    }
  }

  private static String text(Element parent, String name) {
    Element child = child(parent, name);
    return child == null ? "" : child.getTextContent().strip();
  }

  private static @Nullable Element child(Element parent, String name) {
    for (Element child : elements(parent)) {
      if (child.getTagName().equals(name)) {
        return child;
      }
    }
    return null;
  }

  private static Iterable<Element> elements(Element parent) {
    var elements = new ArrayList<Element>();
    for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node instanceof Element element) {
        elements.add(element);
      }
    }
    return elements;
  }
}
