package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Stores that keep each file in a directory of its own and link a model's files together. */
class LinkedExternalDataTest {
  private static final float[] ROW = {1, 2, 3, 4};
  private static final OnnxOptions TRUSTING = OnnxOptions.builder().trustModels(true).build();

  @TempDir Path root;
  private Path blobs;
  private Set<Path> temporaryBefore;

  @BeforeEach
  void create() throws IOException {
    blobs = Files.createDirectories(root.resolve("blobs"));
    temporaryBefore = temporary();
  }

  @AfterEach
  void nothingIsLeftBehind() throws IOException {
    assertEquals(temporaryBefore, temporary());
  }

  private static Set<Path> temporary() throws IOException {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return new TreeSet<>(
          files.filter(f -> f.getFileName().toString().startsWith("inproc")).toList());
    }
  }

  /** Moves a file into a directory of its own and leaves a link. */
  private void store(Path file, String hash) throws IOException {
    Path blob = Files.createDirectories(blobs.resolve(hash)).resolve(hash);
    Files.move(file, blob);
    Files.createSymbolicLink(file, file.getParent().relativize(blob));
  }

  /** As in a cache of downloads: a snapshot whose files are links. */
  private Path snapshot(String location) throws IOException {
    Path directory = Files.createDirectories(root.resolve("snapshots/1"));
    Path model = Models.externalData(directory, location);
    store(directory.resolve(location), "def");
    store(model, "abc");
    return model;
  }

  private static void assertAnswers(OnnxOptions options, ModelSource source) {
    try (Session session = new OnnxEngine(options).load(source)) {
      assertArrayEquals(
          Models.externalDataReference(ROW),
          session.predict(Tensors.of("x", Tensor.of(ROW))).only().toFloats(),
          1e-5f);
    }
  }

  private static ModelLoadException refused(OnnxOptions options, ModelSource source) {
    return assertThrows(ModelLoadException.class, () -> new OnnxEngine(options).load(source));
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.onnx_data", "deeper/down/weights.bin"})
  void eachFileInItsOwnDirectory_trusted_answers(String location) throws IOException {
    assertAnswers(TRUSTING, ModelSource.file(snapshot(location)));
  }

  @Test
  void eachFileInItsOwnDirectory_notTrusted_isRefusedAndSaysHowToTrust() throws IOException {
    ModelSource source = ModelSource.file(snapshot("weights.bin"));
    String message = refused(OnnxOptions.DEFAULT, source).getMessage();
    assertTrue(message.contains("leads by a link out"), message);
    assertTrue(message.contains("OnnxOptions.trustModels"), message);
  }

  /** As in a build's tree of links, where the model itself may be a plain file. */
  @Test
  void onlyTheDataIsALink_trusted_answers() throws IOException {
    Path model = Models.externalData(Files.createDirectories(root.resolve("run")), "weights.bin");
    store(model.resolveSibling("weights.bin"), "def");
    assertAnswers(TRUSTING, ModelSource.file(model));
  }

  @Test
  void onlyTheModelIsALink_answersWithAndWithoutTrust() throws IOException {
    Path model = Models.externalData(Files.createDirectories(root.resolve("run")), "weights.bin");
    store(model, "abc");
    assertAnswers(OnnxOptions.DEFAULT, ModelSource.file(model));
    assertAnswers(TRUSTING, ModelSource.file(model));
  }

  @Test
  void directoryIsALink_answersWithAndWithoutTrust() throws IOException {
    Path model = Models.externalData(Files.createDirectories(blobs.resolve("v3")), "weights.bin");
    Path current = Files.createSymbolicLink(root.resolve("current"), model.getParent());
    assertAnswers(OnnxOptions.DEFAULT, ModelSource.file(current.resolve("model.onnx")));
    assertAnswers(TRUSTING, ModelSource.file(current.resolve("model.onnx")));
  }

  @Test
  void eachFileInItsOwnDirectory_trustedWithDigest_isVerified() throws IOException {
    Path model = snapshot("weights.bin");
    String digest =
        ModelDigest.of(
            ModelSource.file(model).digest(),
            List.of(ModelSource.file(model.resolveSibling("weights.bin")).digest()));
    assertAnswers(TRUSTING, ModelSource.file(model).withSha256(digest));
    String wrong = "0".repeat(64);
    String message = refused(TRUSTING, ModelSource.file(model).withSha256(wrong)).getMessage();
    assertTrue(message.contains(digest), message);
    refused(OnnxOptions.DEFAULT, ModelSource.file(model).withSha256(digest));
  }

  @Test
  void eachFileInItsOwnDirectory_largerThanAllowed_isRefused() throws IOException {
    Path model = snapshot("weights.bin");
    long size = Files.size(model) + Files.size(model.resolveSibling("weights.bin"));
    SessionOptions options = SessionOptions.builder().maxModelBytes(size - 1).build();
    ModelLoadException failure =
        assertThrows(
            ModelLoadException.class,
            () -> new OnnxEngine(TRUSTING).load(ModelSource.file(model), options));
    assertTrue(failure.getMessage().contains("maxModelBytes"), failure::getMessage);
  }

  @Test
  void linkToNowhereOrTooShort_trusted_isALoadException() throws IOException {
    Path model = snapshot("weights.bin");
    Files.write(blobs.resolve("def/def"), new byte[3]);
    refused(TRUSTING, ModelSource.file(model));
    Files.delete(blobs.resolve("def/def"));
    refused(TRUSTING, ModelSource.file(model));
  }

  @Test
  void linkToALink_orThroughALinkedDirectory_trusted_answers() throws IOException {
    Path model = snapshot("deeper/weights.bin");
    Path data = model.resolveSibling("deeper/weights.bin");
    Path between = Files.createSymbolicLink(blobs.resolve("between"), data.toRealPath());
    Files.delete(data);
    Files.createSymbolicLink(data, between);
    assertAnswers(TRUSTING, ModelSource.file(model));
    Path elsewhere = Files.createDirectories(root.resolve("elsewhere"));
    Files.move(data.toRealPath(), elsewhere.resolve("weights.bin"));
    Files.delete(data);
    Files.delete(data.getParent());
    Files.createSymbolicLink(model.resolveSibling("deeper"), elsewhere);
    assertAnswers(TRUSTING, ModelSource.file(model));
  }

  /** The store's files are looked at, not changed. */
  @Test
  void eachFileInItsOwnDirectory_loaded_leavesTheStoreAsItWas() throws IOException {
    Path model = snapshot("weights.bin");
    byte[] before = Files.readAllBytes(blobs.resolve("def/def"));
    assertAnswers(TRUSTING, ModelSource.file(model));
    assertArrayEquals(before, Files.readAllBytes(blobs.resolve("def/def")));
    assertEquals(1, Files.getAttribute(blobs.resolve("def/def"), "unix:nlink"));
    assertAnswers(TRUSTING, ModelSource.file(model));
  }
}
