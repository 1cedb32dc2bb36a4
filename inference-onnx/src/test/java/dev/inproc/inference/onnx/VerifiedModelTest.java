package dev.inproc.inference.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.onnx.testing.GraphBuilder;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is loaded is what was checked, whatever happens to the files between. */
class VerifiedModelTest {
  private static final float[] ROW = {1, 2, 3, 4};

  @TempDir Path directory;
  private Path model;
  private Path weights;
  private Set<Path> temporaryBefore;

  interface Change {
    void apply() throws IOException;
  }

  @BeforeEach
  void write() throws IOException {
    model = Models.externalData(directory, "sub/weights.bin");
    weights = directory.resolve("sub/weights.bin");
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

  private String digest() {
    return ModelDigest.of(
        ModelSource.file(model).digest(), List.of(ModelSource.file(weights).digest()));
  }

  private static OnnxEngine changing(Change change) {
    return new OnnxEngine(
        OnnxOptions.DEFAULT,
        () -> {
          try {
            change.apply();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  private static void assertSays(String reason, OnnxEngine engine, ModelSource source) {
    ModelLoadException failure =
        assertThrows(ModelLoadException.class, () -> engine.load(source).close());
    assertTrue(failure.getMessage().contains(reason), failure::getMessage);
  }

  private static void assertAnswers(OnnxEngine engine, ModelSource source) {
    try (Session session = engine.load(source)) {
      assertArrayEquals(
          Models.externalDataReference(ROW),
          session.predict(Tensors.of("x", Tensor.of(ROW))).only().toFloats(),
          1e-5f);
    }
  }

  /** Leaves size and time of modification as they were. */
  private static void flip(Path file) throws IOException {
    FileTime time = Files.getLastModifiedTime(file);
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
    Files.setLastModifiedTime(file, time);
  }

  // ---- the digest ----

  @Test
  void digest_right_loads() {
    assertAnswers(new OnnxEngine(), ModelSource.file(model).withSha256(digest()));
    String upper = digest().toUpperCase(Locale.ROOT);
    assertAnswers(new OnnxEngine(), ModelSource.file(model).withSha256(upper));
  }

  @Test
  void digest_ofModelWithoutExternalData_isThatOfTheFile() throws IOException {
    byte[] bytes = Models.tinyMlp();
    Path file = Files.write(directory.resolve("tiny.onnx"), bytes);
    String digest = ModelSource.file(file).digest();
    new OnnxEngine().load(ModelSource.file(file).withSha256(digest)).close();
    new OnnxEngine().load(ModelSource.bytes("tiny", bytes).withSha256(digest)).close();
  }

  @Test
  void digest_isWhatAShellComputes() throws Exception {
    String command =
        "cd '"
            + directory
            + "' && sha256sum model.onnx sub/weights.bin | cut -d' ' -f1 | sha256sum";
    Process shell = new ProcessBuilder("sh", "-c", command).redirectErrorStream(true).start();
    String printed = new String(shell.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    assertEquals(digest(), printed.substring(0, 64));
  }

  @Test
  void digest_wrong_namesExpectedAndActual() throws IOException {
    String wrong = "0".repeat(64);
    ModelSource source = ModelSource.file(model).withSha256(wrong);
    assertSays(wrong, new OnnxEngine(), source);
    assertSays(digest(), new OnnxEngine(), source);
    byte[] bytes = Models.tinyMlp();
    Path file = Files.write(directory.resolve("tiny.onnx"), bytes);
    for (ModelSource each : List.of(ModelSource.file(file), ModelSource.bytes("tiny", bytes))) {
      assertSays(wrong, new OnnxEngine(), each.withSha256(wrong));
      assertSays(each.digest(), new OnnxEngine(), each.withSha256(wrong));
    }
  }

  @Test
  void digest_ofTheModelAloneOrWithOtherExternalData_isRefused() throws IOException {
    String digest = digest();
    assertSays(
        digest,
        new OnnxEngine(),
        ModelSource.file(model).withSha256(ModelSource.file(model).digest()));
    flip(weights);
    assertSays(digest(), new OnnxEngine(), ModelSource.file(model).withSha256(digest));
  }

  @Test
  void digest_notOne_isRefusedAtOnce() {
    ModelSource source = ModelSource.file(model);
    assertThrows(IllegalArgumentException.class, () -> source.withSha256("abc"));
    assertThrows(IllegalArgumentException.class, () -> source.withSha256("g".repeat(64)));
  }

  @Test
  void verified_engineRefuses_leavesNothingBehind() throws IOException {
    Files.write(weights, new byte[16]); // shorter than the tensor that the engine reads
    byte[] model =
        new GraphBuilder("short")
            .input("x", DataType.FLOAT_VALUE, "batch,4")
            .output("y", DataType.FLOAT_VALUE, "batch,2")
            .initializer(
                dev.inproc.inference.onnx.testing.Tensors.external(
                    "w", DataType.FLOAT_VALUE, "sub/weights.bin", 16, 4, 2))
            .node("MatMul", "x w -> y")
            .build();
    Files.write(this.model, model);
    assertSays("w", new OnnxEngine(), ModelSource.file(this.model).withSha256(digest()));
  }

  // ---- a change between check and load ----

  @Test
  void verified_filesChangedAfterTheCheck_loadsWhatWasChecked() {
    ModelSource source = ModelSource.file(model).withSha256(digest());
    OnnxEngine engine =
        changing(
            () -> {
              Files.write(model, Models.tinyMlp());
              Files.delete(weights);
            });
    assertAnswers(engine, source);
  }

  @Test
  void inPlace_writtenTo_isRefused() {
    assertSays("was changed", changing(() -> flip(model)), ModelSource.file(model));
    assertSays("was changed", changing(() -> flip(weights)), ModelSource.file(model));
  }

  @Test
  void inPlace_replaced_isRefused() throws IOException {
    Path other =
        Files.copy(weights, directory.resolve("other"), StandardCopyOption.COPY_ATTRIBUTES);
    assertSays(
        "was changed",
        changing(() -> Files.move(other, weights, StandardCopyOption.ATOMIC_MOVE)),
        ModelSource.file(model));
    Path tiny = Files.write(directory.resolve("tiny.onnx"), Models.tinyMlp());
    assertSays(
        "was changed",
        changing(() -> Files.move(tiny, model, StandardCopyOption.ATOMIC_MOVE)),
        ModelSource.file(model));
  }

  @Test
  void inPlace_directorySwapped_isRefused() throws IOException {
    Path twin = Files.createDirectories(directory.resolve("twin"));
    Files.copy(weights, twin.resolve("weights.bin"), StandardCopyOption.COPY_ATTRIBUTES);
    assertSays(
        "was changed",
        changing(
            () -> {
              Files.move(weights.getParent(), directory.resolve("old"));
              Files.createSymbolicLink(weights.getParent(), twin);
            }),
        ModelSource.file(model));
  }

  @Test
  void inPlace_gone_isRefused() {
    assertSays("model.onnx", changing(() -> Files.delete(weights)), ModelSource.file(model));
  }

  @Test
  void inPlace_replacedAndPutBack_isRefused() {
    Path aside = directory.resolve("aside");
    assertSays(
        "was changed",
        changing(
            () -> {
              Files.move(weights, aside);
              Files.copy(aside, weights);
              Files.move(aside, weights, StandardCopyOption.ATOMIC_MOVE);
            }),
        ModelSource.file(model));
  }

  @Test
  void inPlace_unchanged_loads() {
    assertAnswers(new OnnxEngine(), ModelSource.file(model));
  }

  // ---- classifiers, which load a second time ----

  @Test
  void verified_classifier_losesItsMapsFromTheVerifiedBytes() throws IOException {
    byte[] bytes = Models.treeEnsemble(true, true);
    Path file = Files.write(directory.resolve("trees.onnx"), bytes);
    String digest = ModelSource.file(file).digest();
    OnnxEngine engine = changing(() -> Files.write(file, Models.tinyMlp()));
    try (Session session = engine.load(ModelSource.file(file).withSha256(digest))) {
      Tensors answer = session.predict(Tensors.of("x", Tensor.of(ROW)));
      assertArrayEquals(
          Models.treeEnsembleReference(ROW), answer.get("output_probability").toFloats(), 1e-6f);
    }
  }
}
