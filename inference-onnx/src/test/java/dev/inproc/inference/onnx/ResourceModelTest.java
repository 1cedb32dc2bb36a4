package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Models on the class path, in a jar and in a directory. */
class ResourceModelTest {
  private static final String MINILM = "all-minilm-l6-v2.onnx";

  @TempDir Path directory;
  private Set<Path> temporaryBefore;

  @BeforeEach
  void look() throws IOException {
    temporaryBefore = temporary();
  }

  @AfterEach
  void nothingIsLeftBehind() throws IOException {
    assertEquals(temporaryBefore, temporary());
  }

  private static Set<Path> temporary() throws IOException {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return new TreeSet<>(
          files.filter(f -> f.getFileName().toString().startsWith("inproc-model")).toList());
    }
  }

  private URLClassLoader jar(Map<String, byte[]> entries) throws IOException {
    Path file = directory.resolve("models.jar");
    try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file))) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        jar.putNextEntry(new JarEntry(entry.getKey()));
        jar.write(entry.getValue());
      }
    }
    return new URLClassLoader(new URL[] {file.toUri().toURL()}, null);
  }

  private URLClassLoader folder(Map<String, byte[]> entries) throws IOException {
    Path folder = Files.createDirectories(directory.resolve("classes"));
    for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
      Path file = folder.resolve(entry.getKey());
      Files.createDirectories(file.getParent());
      Files.write(file, entry.getValue());
    }
    return new URLClassLoader(new URL[] {folder.toUri().toURL()}, null);
  }

  private static void assertAnswers(ModelSource source) {
    float[] row = new float[16];
    row[0] = 1;
    try (Session session = new OnnxEngine().load(source);
        Session fromBytes = new OnnxEngine().load(ModelSource.bytes("b", Models.tinyMlp()))) {
      Tensors input = Tensors.of("x", Tensor.of(row));
      assertArrayEquals(
          fromBytes.predict(input).only().toFloats(), session.predict(input).only().toFloats());
    }
  }

  @Test
  void resource_inJarOrDirectory_withLeadingSlashOrWithout_answers() throws IOException {
    Map<String, byte[]> entries = Map.of("models/tiny.onnx", Models.tinyMlp());
    try (URLClassLoader jar = jar(entries);
        URLClassLoader folder = folder(entries)) {
      for (URLClassLoader loader : new URLClassLoader[] {jar, folder}) {
        for (String name : new String[] {"models/tiny.onnx", "/models/tiny.onnx"}) {
          ModelSource source = ModelSource.resource(loader, name);
          assertEquals("tiny.onnx", source.name());
          assertNull(source.bytes());
          assertAnswers(source);
          assertAnswers(source); // it may be loaded again
          assertEquals(ModelSource.bytes("b", Models.tinyMlp()).digest(), source.digest());
          assertAnswers(source.withSha256(source.digest()));
        }
      }
    }
    try (Stream<Path> files = Files.list(directory.resolve("classes/models"))) {
      assertEquals(1, files.count(), "the directory of classes is the application's");
    }
  }

  /** As bytes on the heap it would be there three times: docs/endurance.md has the long form. */
  @Test
  void resource_inAJar_isLoadedFromAFileAndNotFromTheHeap() throws IOException {
    try (URLClassLoader jar = jar(Map.of("tiny.onnx", Models.tinyMlp()))) {
      ModelSource source = ModelSource.resource(jar, "tiny.onnx");
      Path copy;
      try (CheckedModel model = ModelCheck.check(source, Long.MAX_VALUE, false)) {
        assertNull(model.bytes());
        copy = model.path();
        assertArrayEquals(Models.tinyMlp(), Files.readAllBytes(copy));
      }
      assertFalse(Files.exists(copy));
    }
  }

  /** A container's file system may be read-only: then the heap has to do. */
  @Test
  void resource_whereNoFileCanBeWritten_isReadIntoBytesOfItsSize() throws IOException {
    try (URLClassLoader jar = jar(Map.of("tiny.onnx", Models.tinyMlp()))) {
      ModelSource source = ModelSource.resource(jar, "tiny.onnx");
      long[] most = {0};
      byte[] bytes = HeapBytes.read(source, size -> most[0] = size);
      assertArrayEquals(Models.tinyMlp(), bytes);
      assertEquals(bytes.length, most[0]);
      IllegalStateException tooMuch = new IllegalStateException();
      assertThrows(
          IllegalStateException.class,
          () ->
              HeapBytes.read(
                  source,
                  size -> {
                    throw tooMuch;
                  }));
    }
  }

  /** A class loader of a container may give streams and no addresses. */
  @Test
  void resource_ofALoaderWithoutAddresses_answers() {
    ClassLoader loader =
        new ClassLoader(null) {
          @Override
          public InputStream getResourceAsStream(String name) {
            return name.equals("tiny.onnx")
                ? new java.io.ByteArrayInputStream(Models.tinyMlp())
                : null;
          }
        };
    assertAnswers(ModelSource.resource(loader, "/tiny.onnx"));
    assertThrows(ModelLoadException.class, () -> ModelSource.resource(loader, "other.onnx"));
  }

  private static String refusal(ModelSource source, SessionOptions options) {
    return assertThrows(ModelLoadException.class, () -> new OnnxEngine().load(source, options))
        .getMessage();
  }

  @Test
  void resource_brokenOrTooLargeOrOfAnotherDigest_isRefused() throws IOException {
    Path external = Models.externalData(directory, "w.bin");
    Map<String, byte[]> entries = new TreeMap<>();
    entries.put("empty.onnx", new byte[0]);
    entries.put("page.onnx", "<html>not found</html>".getBytes(StandardCharsets.UTF_8));
    entries.put("tiny.onnx", Models.tinyMlp());
    entries.put("external.onnx", Files.readAllBytes(external));
    try (URLClassLoader loader = jar(entries)) {
      SessionOptions any = SessionOptions.DEFAULT;
      String empty = refusal(ModelSource.resource(loader, "empty.onnx"), any);
      assertTrue(empty.contains("empty"), empty);
      String page = refusal(ModelSource.resource(loader, "page.onnx"), any);
      assertTrue(page.contains("an HTML page"), page);
      String data = refusal(ModelSource.resource(loader, "external.onnx"), any);
      assertTrue(data.contains("a resource in a jar has no directory"), data);
      ModelSource tiny = ModelSource.resource(loader, "tiny.onnx");
      int size = Models.tinyMlp().length;
      new OnnxEngine().load(tiny, SessionOptions.builder().maxModelBytes(size).build()).close();
      String large = refusal(tiny, SessionOptions.builder().maxModelBytes(size - 1).build());
      assertTrue(large.contains("maxModelBytes"), large);
      String other = refusal(tiny.withSha256("0".repeat(64)), any);
      assertTrue(other.contains(tiny.digest()), other);
      assertThrows(ModelLoadException.class, () -> ModelSource.resource(loader, "nothing.onnx"));
    }
  }

  // ---- memory, in a process of its own ----

  @Test
  @Tag("endurance")
  @EnabledIfSystemProperty(named = "inproc.endurance", matches = "true")
  @EnabledOnOs(OS.LINUX)
  void resourceOf90Megabytes_loaded_peaksLittleAboveAFile() throws Exception {
    Path file = directory.resolve(MINILM);
    try (InputStream in = getClass().getClassLoader().getResourceAsStream(MINILM)) {
      Files.copy(in, file);
    }
    long fromFile = peak(file.toString());
    long fromResource = peak("/" + MINILM);
    System.out.println("VmHWM: file " + fromFile + " kB, resource " + fromResource + " kB");
    assertTrue(
        fromResource < 1.3 * fromFile,
        "file " + fromFile + " kB, resource " + fromResource + " kB at most");
  }

  private static long peak(String model) throws Exception {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx2g",
                "-cp",
                System.getProperty("java.class.path"),
                Load.class.getName(),
                model)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String printed = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(child.waitFor(60, TimeUnit.SECONDS) && child.exitValue() == 0, printed);
    return Long.parseLong(printed.strip());
  }

  /** Loads one model and prints the most memory that the process ever had, in kB. */
  static final class Load {
    public static void main(String[] args) throws IOException {
      ModelSource source =
          Files.exists(Path.of(args[0]))
              ? ModelSource.file(Path.of(args[0]))
              : ModelSource.resource(Load.class.getClassLoader(), args[0]);
      SessionOptions options =
          SessionOptions.builder()
              .integrity(dev.inproc.inference.engine.IntegrityOptions.skip())
              .build();
      new OnnxEngine().load(source, options).close();
      try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
        System.out.println(
            lines
                .filter(line -> line.startsWith("VmHWM"))
                .findFirst()
                .orElseThrow()
                .replaceAll("[^0-9]", ""));
      }
    }
  }
}
