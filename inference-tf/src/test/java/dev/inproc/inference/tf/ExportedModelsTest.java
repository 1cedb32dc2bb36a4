package dev.inproc.inference.tf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.tf.testing.SavedModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Signature;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.Variable;
import org.tensorflow.types.TFloat32;

/** Models as TensorFlow Java's own exporter writes them: they need no trust. */
class ExportedModelsTest {
  @TempDir Path directory;

  /** x times (1, 2, 3), a variable; saved by SaveV2, restored by RestoreV2. */
  private Path exportVariables() throws IOException {
    Path model = directory.resolve("model");
    try (Graph graph = new Graph();
        org.tensorflow.Session session = new org.tensorflow.Session(graph)) {
      Ops tf = Ops.create(graph);
      Placeholder<TFloat32> x =
          tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(Shape.UNKNOWN_SIZE, 3)));
      Variable<TFloat32> weights = tf.variable(tf.constant(new float[] {1, 2, 3}));
      Operand<TFloat32> y = tf.math.mul(x, weights);
      session.initialize();
      SavedModelBundle.exporter(model.toString())
          .withSession(session)
          .withSignature(
              Signature.builder().key("serving_default").input("x", x).output("y", y).build())
          .export();
    }
    return model;
  }

  @Test
  void load_modelWithVariables_restoresThem() throws IOException {
    Path model = exportVariables();
    try (Session session = new TensorFlowEngine().load(ModelSource.file(model))) {
      Tensors answer = session.predict(Tensors.of("x", Tensor.of(1f, 1f, 1f)));
      assertArrayEquals(new float[] {1, 2, 3}, answer.get("y").toFloats());
    }
    ModelSource known = ModelSource.file(model).withSha256(ModelSource.file(model).digest());
    try (Session session = new TensorFlowEngine().load(known)) {
      Tensors answer = session.predict(Tensors.of("x", Tensor.of(2f, 2f, 2f)));
      assertArrayEquals(new float[] {2, 4, 6}, answer.get("y").toFloats());
    }
  }

  @Test
  void load_variablesMissing_saysSo() throws IOException {
    Path model = exportVariables();
    Path variables = model.resolve("variables");
    for (String file : new String[] {"variables.index", "variables.data-00000-of-00001"}) {
      Files.delete(variables.resolve(file));
    }
    ModelLoadException failure =
        assertThrows(
            ModelLoadException.class, () -> new TensorFlowEngine().load(ModelSource.file(model)));
    assertTrue(failure.getMessage().contains("variables"), failure::getMessage);
  }

  /** The graph is there, the large files are not. */
  @Test
  void load_variablesThatWereNotDownloaded_areNamed() throws IOException {
    Path model = exportVariables();
    try (Stream<Path> files = Files.list(model.resolve("variables"))) {
      for (Path file : files.toList()) {
        Files.writeString(file, "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
      }
    }
    ModelLoadException failure =
        assertThrows(
            ModelLoadException.class, () -> new TensorFlowEngine().load(ModelSource.file(model)));
    assertTrue(failure.getMessage().contains("is a Git LFS pointer"), failure::getMessage);
    assertTrue(failure.getMessage().contains("variables"), failure::getMessage);
  }

  /** As in a cache of downloads: each file of a snapshot is a link to a blob. */
  @Test
  void load_eachFileLinkedFromAStore_needsTrust() throws IOException {
    Path model = exportVariables();
    Path snapshot = directory.resolve("snapshots/1");
    List<Path> files;
    try (Stream<Path> walk = Files.walk(model)) {
      files = walk.filter(Files::isRegularFile).toList();
    }
    for (Path file : files) {
      String name = model.relativize(file).toString();
      Path blob = Files.createDirectories(directory.resolve("blobs").resolve(name)).resolve("blob");
      Files.move(file, blob);
      Path link = snapshot.resolve(name);
      Files.createDirectories(link.getParent());
      Files.createSymbolicLink(link, link.getParent().relativize(blob));
    }
    ModelSource source = ModelSource.file(snapshot);
    ModelLoadException failure =
        assertThrows(ModelLoadException.class, () -> new TensorFlowEngine().load(source));
    assertTrue(failure.getMessage().contains("TensorFlowOptions.trusted"), failure::getMessage);
    TensorFlowEngine trusting =
        new TensorFlowEngine(TensorFlowOptions.builder().trusted(true).build());
    for (ModelSource each : List.of(source, source.withSha256(source.digest()))) {
      try (Session session = trusting.load(each)) {
        Tensors answer = session.predict(Tensors.of("x", Tensor.of(1f, 1f, 1f)));
        assertArrayEquals(new float[] {1, 2, 3}, answer.get("y").toFloats());
      }
    }
  }

  @Test
  void load_initializer_runs() throws IOException {
    Path model = SavedModels.remember().write(directory.resolve("remember"));
    try (Session session = new TensorFlowEngine().load(ModelSource.file(model))) {
      Tensors input = Tensors.of("x", Tensor.of(0f, 0f));
      assertEquals(-1, session.outputs("last").predict(input).only().getFloat(0));
    }
  }

  /** As tf.saved_model.save lays a model out: saving and restoring are functions of their own. */
  @Test
  void load_restoredByAFunction_needsNoTrust() throws IOException {
    Path model = KerasLike.write(directory.resolve("keras"), "file_prefix");
    try (Session session = new TensorFlowEngine().load(ModelSource.file(model))) {
      Tensors answer = session.predict(Tensors.of("x", Tensor.of(1f, 1f, 1f)));
      assertArrayEquals(new float[] {1, 2, 3}, answer.get("y").toFloats());
    }
    // The same, but the function restores from a place that it chooses.
    Path evil = KerasLike.write(directory.resolve("evil"), "elsewhere:output:0");
    ModelLoadException failure =
        assertThrows(
            ModelLoadException.class, () -> new TensorFlowEngine().load(ModelSource.file(evil)));
    assertTrue(failure.getMessage().contains("RestoreV2"), failure::getMessage);
    assertTrue(failure.getMessage().contains("in function traced_restore"), failure::getMessage);
  }
}
