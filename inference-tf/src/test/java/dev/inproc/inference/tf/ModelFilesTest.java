package dev.inproc.inference.tf;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.tf.testing.SavedModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What may lie in a model's directory, how much of it, and what happens when it changes. */
class ModelFilesTest {
  @TempDir Path directory;
  private Path model = Path.of("");
  private Path assets = Path.of("");

  @BeforeEach
  void write_aModelWithAnAsset() throws IOException {
    model = SavedModels.tinyMlp().write(directory.resolve("model"));
    assets = Files.createDirectory(model.resolve("assets"));
    Files.writeString(assets.resolve("vocabulary.txt"), "a\nb\n");
  }

  private static void assertServes(ModelSource source) {
    try (Session session = new TensorFlowEngine().load(source)) {
      Tensors answer = session.predict(Tensors.of("x", Tensor.of(new float[16])));
      assertArrayEquals(new float[1], answer.only().toFloats());
    }
  }

  private static void assertRefused(ModelSource source, String... says) {
    assertSays(
        assertThrows(ModelLoadException.class, () -> new TensorFlowEngine().load(source)), says);
  }

  private static StagedModel stage(ModelSource source) {
    return StagedModel.of(source, Long.MAX_VALUE, TensorFlowOptions.DEFAULT);
  }

  // ---- links and other things that are no files ----

  @ParameterizedTest
  @ValueSource(strings = {"variables", "assets.extra", "more", "assets/more"})
  void symbolicLinkOut_isRefused(String part) throws IOException {
    Files.createSymbolicLink(
        model.resolve(part), Files.createDirectory(directory.resolve("outside")));
    assertRefused(ModelSource.file(model), "outside the model");
    ModelSource known = ModelSource.file(model).withSha256(ModelSource.file(model).digest());
    assertRefused(known, "outside the model");
  }

  @Test
  void graphLinkedFromOutside_isRefused_linkToTheWholeModelAndLinkWithinAreNot()
      throws IOException {
    Path linked = Files.createDirectory(directory.resolve("linked"));
    Files.createSymbolicLink(linked.resolve("saved_model.pb"), model.resolve("saved_model.pb"));
    assertRefused(ModelSource.file(linked), "outside the model");
    Files.createSymbolicLink(assets.resolve("alias.txt"), Path.of("vocabulary.txt"));
    Path whole = Files.createSymbolicLink(directory.resolve("current"), model);
    assertServes(ModelSource.file(whole));
    assertServes(ModelSource.file(whole).withSha256(ModelSource.file(model).digest()));
  }

  @Test
  void symbolicLinkInACircle_isRefused() throws IOException {
    Files.createSymbolicLink(assets.resolve("up"), Path.of(".."));
    assertRefused(ModelSource.file(model), "FileSystemLoopException");
  }

  /** A stranger's secret could be a vocabulary, and be asked for word by word. */
  @Test
  void hardLink_isRefusedUnlessItsContentIsInTheDigest() throws IOException {
    Path secret = Files.writeString(directory.resolve("secret"), "secret");
    Files.createLink(assets.resolve("words.txt"), secret);
    assertRefused(ModelSource.file(model), "words.txt", "2 names (hard links)");
    assertServes(ModelSource.file(model).withSha256(ModelSource.file(model).digest()));
  }

  /** TensorFlow would wait for a writer forever. */
  @Test
  void pipe_isRefused() throws Exception {
    Path pipe = Files.createDirectory(model.resolve("variables")).resolve("variables.index");
    assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
    assertRefused(ModelSource.file(model), "variables.index is not a regular file");
  }

  // ---- bytes ----

  @Test
  void moreBytesThanAllowed_inAll_isRefused() throws IOException {
    long bytes = Files.size(model.resolve("saved_model.pb")) + 4;
    SessionOptions enough = SessionOptions.builder().maxModelBytes(bytes).build();
    new TensorFlowEngine().load(ModelSource.file(model), enough).close();
    SessionOptions less = SessionOptions.builder().maxModelBytes(bytes - 1).build();
    ModelLoadException failure =
        assertThrows(
            ModelLoadException.class,
            () -> new TensorFlowEngine().load(ModelSource.file(model), less));
    assertSays(failure, "has " + bytes + " bytes", "maxModelBytes allows " + (bytes - 1));
  }

  // ---- digests ----

  @Test
  void sha256_coversEveryFile() throws IOException {
    Files.writeString(model.resolve("notes"), "of the author");
    ModelSource known = ModelSource.file(model).withSha256(ModelSource.file(model).digest());
    assertServes(known);
    for (String file : List.of("saved_model.pb", "assets/vocabulary.txt", "notes")) {
      Path path = model.resolve(file);
      byte[] before = Files.readAllBytes(path);
      byte[] after = before.clone();
      after[after.length - 1] ^= 1;
      Files.write(path, after);
      assertRefused(known, "its SHA-256 is not " + known.sha256());
      Files.write(path, before);
      assertServes(known);
    }
    Files.writeString(assets.resolve("one more"), "");
    assertRefused(known, "its SHA-256 is not " + known.sha256());
  }

  /** TensorFlow reads saved_model.cpb where there is one, and that is never checked. */
  @Test
  void anotherFormOfTheGraph_isNotBesideWhatLoads() throws IOException {
    Files.write(model.resolve("saved_model.cpb"), new byte[] {1, 2, 3});
    for (ModelSource source :
        List.of(
            ModelSource.file(model),
            ModelSource.file(model).withSha256(ModelSource.file(model).digest()))) {
      assertServes(source);
      try (StagedModel staged = stage(source);
          Stream<Path> all = Files.list(staged.directory())) {
        List<String> names = all.map(path -> path.getFileName().toString()).sorted().toList();
        assertEquals(List.of("assets", "saved_model.pb"), names);
      }
    }
  }

  // ---- change ----

  @Test
  void changedWhileItLoads_isRefused() throws IOException {
    Path vocabulary = assets.resolve("vocabulary.txt");
    Path other = Files.writeString(directory.resolve("other"), "a\nc\n");
    FileTime time = Files.getLastModifiedTime(vocabulary);
    try (StagedModel staged = stage(ModelSource.file(model))) {
      staged.requireUnchanged();
      Files.writeString(vocabulary, "a\nc\n");
      Files.setLastModifiedTime(vocabulary, time); // the time of the change tells
      ModelLoadException failure = assertThrows(ModelLoadException.class, staged::requireUnchanged);
      assertSays(failure, "vocabulary.txt was changed while the model was loaded");
    }
    try (StagedModel staged = stage(ModelSource.file(model))) {
      Files.move(other, vocabulary, StandardCopyOption.ATOMIC_MOVE);
      assertThrows(ModelLoadException.class, staged::requireUnchanged);
    }
    try (StagedModel staged = stage(ModelSource.file(model))) {
      Files.move(assets, directory.resolve("gone"));
      assertThrows(ModelLoadException.class, staged::requireUnchanged);
    }
  }

  @Test
  void graphReplacedWhenItWasChecked_isTheCheckedOneThatLoads() throws IOException {
    byte[] checked = Files.readAllBytes(model.resolve("saved_model.pb"));
    ModelSource source = ModelSource.file(model);
    for (ModelSource each : List.of(source, source.withSha256(source.digest()))) {
      try (StagedModel staged = stage(each)) {
        Files.write(model.resolve("saved_model.pb"), SavedModels.twoInputs().bytes());
        Path loaded = staged.directory().resolve("saved_model.pb");
        assertArrayEquals(checked, Files.readAllBytes(loaded));
        assertArrayEquals(checked, staged.graph());
      }
      Files.write(model.resolve("saved_model.pb"), checked);
    }
  }

  @Test
  void copiedModel_changedMeanwhile_staysAsItWas() throws IOException {
    ModelSource source = ModelSource.file(model);
    try (StagedModel staged = stage(source.withSha256(source.digest()))) {
      Files.delete(assets.resolve("vocabulary.txt"));
      staged.requireUnchanged();
      Path copy = staged.directory().resolve("assets").resolve("vocabulary.txt");
      assertTrue(Files.isRegularFile(copy));
    }
  }

  @Test
  void changedWhileTensorFlowReads_noSessionComesOfIt() {
    Path vocabulary = assets.resolve("vocabulary.txt");
    TensorFlowEngine changing =
        new TensorFlowEngine(TensorFlowOptions.DEFAULT, () -> write(vocabulary, "a\nc\n"));
    ModelLoadException failure =
        assertThrows(ModelLoadException.class, () -> changing.load(ModelSource.file(model)));
    assertSays(failure, "vocabulary.txt was changed while the model was loaded");
    changing.load(ModelSource.file(model).withSha256(ModelSource.file(model).digest())).close();
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
