package dev.inproc.inference.onnx;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.inproc.inference.InvalidInputException;
import dev.inproc.inference.engine.BatchAxis;
import dev.inproc.inference.engine.IntegrityOptions;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.testing.GraphBuilder;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether a first dimension that nobody named counts examples is tried at load, and said. */
class UnnamedDimensionsTest {
  private static final int FLOAT = DataType.FLOAT_VALUE;
  private static final IntegrityOptions PATIENT =
      IntegrityOptions.DEFAULT.withTimeLimit(Duration.ofMinutes(1));

  /** x to y = x w, w [4,2] of ones and of the row's number. */
  private static byte[] product(String in, String out) {
    return new GraphBuilder("product")
        .input("x", FLOAT, in)
        .output("y", FLOAT, out)
        .initializer("w", new float[] {1, 0, 1, 1, 1, 2, 1, 3}, 4, 2)
        .node("MatMul", "x w -> y")
        .build();
  }

  /** x [rows,4] to y, the sums along rows up to each: a row depends on those before. */
  private static byte[] runningSum(String in, String out) {
    return new GraphBuilder("running-sum")
        .input("x", FLOAT, in)
        .output("y", FLOAT, out)
        .axes("axis", 0)
        .initializer(dev.inproc.inference.onnx.testing.Tensors.longs("along", new long[] {0}))
        .node("CumSum", "x along -> y")
        .build();
  }

  /** x [batch,4] to the indices of what is above zero: as many rows as there are. */
  private static byte[] aboveZero() {
    return new GraphBuilder("above-zero")
        .input("x", FLOAT, "batch,4")
        .output("indices", DataType.INT64_VALUE, "unk__6,2")
        .initializer("zero", new float[] {0})
        .node("Greater", "x zero -> above")
        .node("NonZero", "above -> columns")
        .node("Transpose", "columns -> indices")
        .build();
  }

  private static Session load(byte[] model, SessionOptions.Builder options) {
    return new OnnxEngine().load(ModelSource.bytes("m", model), options.integrity(PATIENT).build());
  }

  private static Session load(byte[] model) {
    return load(model, SessionOptions.builder());
  }

  private static Tensors x(float... values) {
    return Tensors.of("x", Tensor.of(values));
  }

  @Test
  void exportersNames_rowsOfTheirOwn_areBatched() {
    for (byte[] model :
        List.of(
            product("batch_size,4", "Gemmy_dim_0,2"),
            product("batch_size,4", "unk__6,2"),
            product("unk__5,4", "unk__6,2"),
            product("None,4", "dynamic_axes_3,2"))) {
      try (Session session = load(model)) {
        assertEquals(256, session.traits().maxBatchSize(), session.integrity().toString());
        assertSays(
            session.integrity().toString(),
            "the first dimension counts examples",
            "1, 2 and 3 examples");
        List<Tensors> answers =
            session.predictAll(List.of(x(1, 2, 3, 4), x(0, 0, 0, 1), x(5, 0, 0, 0)));
        assertArrayEquals(new float[] {10, 20}, answers.get(0).only().toFloats());
        assertArrayEquals(new float[] {1, 3}, answers.get(1).only().toFloats());
        assertArrayEquals(new float[] {5, 0}, answers.get(2).only().toFloats());
        InvalidInputException e =
            assertThrows(InvalidInputException.class, () -> session.predict(x(1)));
        assertFalse(e.getMessage().contains("guess"), e.getMessage());
      }
    }
  }

  @Test
  void exportersNames_rowsThatDepend_areNotCutAndSaid() {
    Tensor two = Tensor.of(Shape.of(2, 4), new float[] {1, 2, 3, 4, 10, 20, 30, 40});
    try (Session session = load(runningSum("length,4", "unk__6,4"))) {
      assertEquals(1, session.traits().maxBatchSize());
      assertSays(
          session.integrity().toString(),
          "the first dimension belongs to each example",
          "a trial: 2 examples run together got other answers",
          "BatchAxis.LEADING");
      assertArrayEquals(
          new float[] {1, 2, 3, 4, 11, 22, 33, 44},
          session.predict(Tensors.of("x", two)).only().toFloats());
      assertGuessIsSaid(session, "BatchAxis.LEADING");
    }
  }

  private static void assertGuessIsSaid(Session session, String option) {
    Tensors wrong = Tensors.of("x", Tensor.of(1f));
    for (Runnable call :
        List.<Runnable>of(
            () -> session.predict(wrong),
            () -> session.predictAll(List.of(wrong)),
            () -> session.runRaw(wrong),
            () -> session.traits().check(wrong),
            () -> session.outputs(session.signature().outputs().get(0).name()).predict(wrong))) {
      InvalidInputException e = assertThrows(InvalidInputException.class, call::run);
      assertSays(e.getMessage(), "guess", option);
    }
    Throwable e = dev.inproc.inference.testing.Await.failure(session.submit(wrong));
    assertSays(e.getMessage(), "guess", option);
  }

  @Test
  void rowsThatFollowFromTheData_areNotCut() {
    try (Session session = load(aboveZero())) {
      assertSays(
          session.integrity().toString(), "belongs to each example", "a trial, which failed");
      Tensor two = Tensor.of(Shape.of(2, 4), new float[] {1, 0, 0, 0, 0, 0, 1, 1});
      Tensor indices = session.predict(Tensors.of("x", two)).only();
      assertArrayEquals(new long[] {0, 0, 1, 2, 1, 3}, indices.toLongs());
    }
  }

  @Test
  void sequenceFirst_byName_isServedWhole() {
    try (Session session = load(runningSum("seq,batch,3", "seq,batch,3"))) {
      assertEquals("[seq, batch, 3]", session.signature().inputs().get(0).dimensions());
      assertSays(session.integrity().toString(), "belongs to each example", "guess");
      assertGuessIsSaid(session, "BatchAxis.LEADING");
    }
  }

  /** Nothing in the file tells; that rows depend on each other is found out. */
  @Test
  void sequenceFirst_withoutNames_runsOneByOneAndSaysWhatWasGuessed() {
    try (Session session = load(runningSum("?,?,3", "?,?,3"))) {
      assertFalse(session.integrity().allowsBatching());
      assertSays(
          session.integrity().toString(),
          "answers depend on batch-mates",
          "the first dimension counts examples",
          "guess",
          "BatchAxis.NONE");
      assertGuessIsSaid(session, "BatchAxis.NONE");
    }
    SessionOptions.Builder told = SessionOptions.builder().batchAxis(BatchAxis.NONE);
    try (Session session = load(runningSum("?,?,3", "?,?,3"), told)) {
      assertFalse(session.integrity().toString().contains("guess"));
    }
  }

  @Test
  void examplesGiven_withTheDimension_settleIt() {
    Tensors whole = Tensors.of("x", Tensor.of(Shape.of(2, 4), new float[8]));
    SessionOptions options = SessionOptions.builder().integrity(PATIENT.withInputs(whole)).build();
    byte[] model = product("batch_size,4", "Gemmy_dim_0,2");
    try (Session session = new OnnxEngine().load(ModelSource.bytes("m", model), options)) {
      assertEquals("[batch_size, 4]", session.signature().inputs().get(0).dimensions());
      assertSays(session.integrity().toString(), "the examples given, which have that dimension");
    }
  }

  @Test
  void skipped_isServedWhole() {
    SessionOptions options = SessionOptions.builder().integrity(IntegrityOptions.skip()).build();
    byte[] model = product("batch_size,4", "Gemmy_dim_0,2");
    try (Session session = new OnnxEngine().load(ModelSource.bytes("m", model), options)) {
      assertEquals("[batch_size, 4]", session.signature().inputs().get(0).dimensions());
      assertSays(session.integrity().toString(), "skip()", "BatchAxis.LEADING");
    }
  }

  @Test
  void outcome_isKeptWithTheFindings(@TempDir Path directory) throws IOException {
    Path findings = directory.resolve("findings");
    SessionOptions options =
        SessionOptions.builder().integrity(PATIENT.withFindings(findings)).build();
    Path good = Files.write(directory.resolve("a.onnx"), product("N,4", "unk__6,2"));
    Path bad = Files.write(directory.resolve("b.onnx"), runningSum("N,4", "unk__6,4"));
    for (int load = 0; load < 2; load++) {
      try (Session session = new OnnxEngine().load(ModelSource.file(good), options)) {
        assertEquals(256, session.traits().maxBatchSize());
        assertEquals(8, session.predictAll(Collections.nCopies(8, x(1, 2, 3, 4))).size());
      }
      try (Session session = new OnnxEngine().load(ModelSource.file(bad), options)) {
        assertEquals("[N, 4]", session.signature().inputs().get(0).dimensions());
        assertSays(session.integrity().toString(), "belongs to each example");
      }
    }
    String digest = ModelSource.file(bad).digest();
    try (Stream<Path> files = Files.list(findings)) {
      List<Path> ofBad = files.filter(f -> f.toString().contains(digest)).toList();
      assertEquals(1, ofBad.size());
      assertTrue(Files.readString(ofBad.get(0)).contains("NONE"));
    }
  }
}
