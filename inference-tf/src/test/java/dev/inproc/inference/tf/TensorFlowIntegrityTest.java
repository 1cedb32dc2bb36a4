package dev.inproc.inference.tf;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.engine.Integrity;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.tf.testing.GraphWriter;
import dev.inproc.inference.tf.testing.SavedModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Invariant I5 on SavedModels, and when an earlier result holds for one. */
class TensorFlowIntegrityTest {
  private static final IntegrityOptions PATIENT =
      IntegrityOptions.DEFAULT.withTimeLimit(Duration.ofMinutes(1));

  @TempDir Path directory;

  private Session load(GraphWriter model, SessionOptions.Builder options) {
    return load(model, options, PATIENT);
  }

  private Session load(
      GraphWriter model, SessionOptions.Builder options, IntegrityOptions integrity) {
    ModelSource source = ModelSource.file(model.write(directory.resolve("model")));
    return new TensorFlowEngine().load(source, options.integrity(integrity).build());
  }

  private Session load(GraphWriter model) {
    return load(model, SessionOptions.builder());
  }

  @Test
  void rowsOfTheirOwn_probed_areBatchedAndPadded() {
    try (Session session = load(SavedModels.tinyMlp())) {
      Integrity found = session.integrity();
      assertTrue(found.isChecked() && found.isComplete(), found.toString());
      assertTrue(found.allowsBatching(), found.toString());
      assertSays(found.toString(), "cpu", "TensorFlow 2.", "signature serving_default", "threads");
    }
    SessionOptions.Builder padding =
        SessionOptions.builder().pad("input_ids", 0).pad("attention_mask", 0);
    try (Session session = load(SavedModels.maskedMean(), padding)) {
      Integrity found = session.integrity();
      assertTrue(found.isChecked() && found.allowsPadding(), found.toString());
    }
  }

  @Test
  void rowsLessTheirMean_probed_runOneByOne() {
    Tensors mine = Tensors.of("x", Tensor.of(1, 2, 3, 4f));
    Tensors mate = Tensors.of("x", Tensor.of(9, 9, 9, 9f));
    try (Session session = load(SavedModels.centred())) {
      Integrity found = session.integrity();
      assertFalse(found.allowsBatching(), found.toString());
      assertSays(found.toString(), "answers depend on batch-mates", "\"y\"");
      Tensors alone = session.predict(mine);
      assertEquals(alone, session.predictAll(List.of(mine, mate)).get(0));
    }
    SessionOptions unprobed = SessionOptions.builder().integrity(IntegrityOptions.skip()).build();
    ModelSource source = ModelSource.file(directory.resolve("model"));
    try (Session session = new TensorFlowEngine().load(source, unprobed)) {
      Tensors alone = session.predict(mine);
      assertNotEquals(alone, session.predictAll(List.of(mine, mate)).get(0), "a straw man");
    }
  }

  @Test
  void meanWithoutAMask_probed_isNotPadded() {
    SessionOptions.Builder padding = SessionOptions.builder().pad("ids", 0);
    try (Session session = load(SavedModels.leakyMean(), padding)) {
      Integrity found = session.integrity();
      assertTrue(found.allowsBatching(), found.toString());
      assertFalse(found.allowsPadding(), found.toString());
    }
  }

  private long results() throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve("findings"))) {
      return files.count();
    }
  }

  /** A result is one model's alone: its whole directory, signature, threads and compiler. */
  @Test
  void findings_kept_areOfOneModelAndSetting() throws IOException {
    IntegrityOptions keeping = PATIENT.withFindings(directory.resolve("findings"));
    load(SavedModels.twoSignatures(), SessionOptions.builder(), keeping).close();
    assertEquals(1, results());
    load(SavedModels.twoSignatures(), SessionOptions.builder(), keeping).close();
    assertEquals(1, results(), "the same again");
    SessionOptions options = SessionOptions.builder().integrity(keeping).build();
    ModelSource source = ModelSource.file(directory.resolve("model"));
    TensorFlowOptions negate = TensorFlowOptions.builder().signature("negate").build();
    new TensorFlowEngine(negate).load(source, options).close();
    assertEquals(2, results(), "another signature");
    load(SavedModels.twoSignatures(), SessionOptions.builder().intraOpThreads(3), keeping).close();
    assertEquals(3, results(), "other threads");
    TensorFlowOptions xla = TensorFlowOptions.builder().xla(true).build();
    new TensorFlowEngine(xla).load(source, options).close();
    assertEquals(4, results(), "another compiler");
    Path variables = Files.createDirectory(directory.resolve("model").resolve("variables"));
    Files.writeString(variables.resolve("variables.data-00000-of-00001"), "other weights");
    load(SavedModels.twoSignatures(), SessionOptions.builder(), keeping).close();
    assertEquals(5, results(), "other weights");
    load(SavedModels.twoSignatures(), SessionOptions.builder(), keeping).close();
    assertEquals(5, results(), "and these again");
  }
}
