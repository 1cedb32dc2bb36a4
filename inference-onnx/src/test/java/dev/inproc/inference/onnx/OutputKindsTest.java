package dev.inproc.inference.onnx;

import static dev.inproc.inference.testing.Messages.assertSays;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import dev.inproc.inference.EngineException;
import dev.inproc.inference.ModelLoadException;
import dev.inproc.inference.batch.Batching;
import dev.inproc.inference.engine.BatchAxis;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.engine.SessionOptions;
import dev.inproc.inference.onnx.testing.Attributes;
import dev.inproc.inference.onnx.testing.GraphBuilder;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.TensorSpec;
import dev.inproc.inference.tensor.Tensors;
import dev.inproc.inference.testing.Await;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Outputs that are no tensors, and tensors of rarer types: each concerns itself alone. */
class OutputKindsTest {
  private static final int FLOAT = TensorProto.DataType.FLOAT_VALUE;
  private static final int FLOAT8 = 17;
  private static final int INT4 = 22;
  private static final Tensors ROWS =
      Tensors.of("x", Tensor.of(Shape.of(2, 3), 1f, 2f, 3f, 4f, 5f, 6f));

  private static Session load(GraphBuilder graph) {
    return load(graph, SessionOptions.DEFAULT);
  }

  private static Session load(GraphBuilder graph, SessionOptions options) {
    return new OnnxEngine().load(ModelSource.bytes("kinds", graph.build()), options);
  }

  private static TypeProto sequence(TypeProto element) {
    return TypeProto.newBuilder()
        .setSequenceType(TypeProto.Sequence.newBuilder().setElemType(element))
        .build();
  }

  private static TypeProto optional(TypeProto element) {
    return TypeProto.newBuilder()
        .setOptionalType(TypeProto.Optional.newBuilder().setElemType(element))
        .build();
  }

  private static TypeProto any(int type) {
    return GraphBuilder.tensorOfAnyShape(type);
  }

  /** x FLOAT[n, 3] to y, its negative. */
  private static GraphBuilder negative() {
    return new GraphBuilder("kinds")
        .opset("", 21)
        .irVersion(10)
        .input("x", FLOAT, "n,3")
        .node("Neg", "x -> y")
        .output("y", FLOAT, "n,3");
  }

  private static GraphBuilder split() {
    return negative()
        .node("SplitToSequence", "x -> parts", Attributes.integer("keepdims", 0))
        .output("parts", sequence(any(FLOAT)));
  }

  @Test
  void sequence_ofTensors_comesAsAListInEveryMethod() {
    List<Tensor> parts = List.of(Tensor.of(1f, 2f, 3f), Tensor.of(4f, 5f, 6f));
    try (Session session = load(split());
        var batched = session.with(Batching.upTo(8))) {
      assertEquals(DataType.SEQUENCE, session.signature().output("parts").type());
      assertEquals("x FLOAT32[n, 3]", session.signature().input("x").toString(), "not batched");
      Tensors answer = session.predict(ROWS);
      assertEquals(parts, answer.get("parts").toTensors());
      assertEquals(parts.get(1), answer.get("parts").toTensors().get(1));
      assertArrayEquals(new float[] {-1, -2, -3, -4, -5, -6}, answer.get("y").toFloats());
      assertEquals("SEQUENCE[2]", answer.get("parts").toString());
      assertEquals(answer, Await.value(session.submit(ROWS)));
      assertEquals(answer, session.runRaw(ROWS));
      Tensors one = Tensors.of("x", Tensor.of(Shape.of(1, 3), 7f, 8f, 9f));
      List<Tensors> both = session.predictAll(List.of(ROWS, one, ROWS));
      assertEquals(answer, both.get(0));
      assertEquals(List.of(Tensor.of(7f, 8f, 9f)), both.get(1).get("parts").toTensors());
      assertEquals(answer, both.get(2));
      assertEquals(answer, Await.value(batched.submit(ROWS)));
      assertEquals(parts, session.outputs("parts").predict(ROWS).only().toTensors());
      assertEquals(answer.get("y"), session.outputs("y").predict(ROWS).only());
    }
  }

  @Test
  void sequence_emptyOrOfAnotherType_comesAsItIs() {
    GraphBuilder graph =
        negative()
            .node("SequenceEmpty", "_ -> none".replace("_ ", ""))
            .output("none", sequence(any(FLOAT)))
            .node("Cast", "x -> text", Attributes.integer("to", 8))
            .node("SequenceConstruct", "text text -> texts")
            .output("texts", sequence(any(8)))
            .node("Cast", "x -> longs", Attributes.integer("to", 7))
            .node("SequenceConstruct", "longs -> numbers")
            .output("numbers", sequence(any(7)));
    try (Session session = load(graph)) {
      Tensors answer = session.predict(ROWS);
      assertEquals(List.of(), answer.get("none").toTensors());
      assertEquals(
          List.of("1", "2", "3", "4", "5", "6"),
          answer.get("texts").toTensors().get(1).toStrings());
      assertEquals(
          List.of(Tensor.of(Shape.of(2, 3), 1L, 2, 3, 4, 5, 6)), answer.get("numbers").toTensors());
    }
  }

  @Test
  void sequence_withALeadingBatchAxis_isRefusedAtLoad() {
    SessionOptions leading = SessionOptions.builder().batchAxis(BatchAxis.LEADING).build();
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> load(split(), leading));
    assertSays(refused, "output parts", "BatchAxis.NONE");
  }

  @Test
  void optionalOutput_isLeftOutAndSaidWhenAsked() {
    AttributeProto type =
        AttributeProto.newBuilder()
            .setName("type")
            .setType(AttributeType.TYPE_PROTO)
            .setTp(any(FLOAT))
            .build();
    GraphBuilder graph =
        negative()
            .node("Optional", "x -> some")
            .output("some", optional(any(FLOAT)))
            .node("Optional", "-> none", type) // asking for it would crash the JVM
            .output("none", optional(any(FLOAT)));
    try (Session session = load(graph)) {
      assertEquals(
          List.of("y"), session.signature().outputs().stream().map(TensorSpec::name).toList());
      Tensors row = Tensors.of("x", Tensor.of(1f, 2f, 3f));
      assertEquals(Tensor.of(-1f, -2f, -3f), session.predict(row).only());
      assertEquals(Tensor.of(-1f, -2f, -3f), session.outputs("y").predict(row).only());
      for (String name : List.of("some", "none")) {
        assertSays(
            assertThrows(IllegalArgumentException.class, () -> session.outputs(name)),
            "Output \"" + name + "\" cannot be read",
            "optional");
      }
    }
  }

  @Test
  void model_withNoOutputThatCanBeRead_isRefused() {
    GraphBuilder graph =
        new GraphBuilder("kinds")
            .opset("", 21)
            .irVersion(10)
            .input("x", FLOAT, "n,3")
            .node("Cast", "x -> y", Attributes.integer("to", FLOAT8))
            .output("y", FLOAT8, "n,3");
    ModelLoadException refused = assertThrows(ModelLoadException.class, () -> load(graph));
    assertSays(refused, "no output can be read", "FLOAT8");
  }

  @ParameterizedTest
  @ValueSource(ints = {FLOAT8, INT4})
  void outputOfAnUnknownType_isLeftOut(int type) {
    GraphBuilder graph =
        negative()
            .node("Cast", "x -> odd", Attributes.integer("to", type))
            .output("odd", type, "n,3");
    try (Session session = load(graph)) {
      Tensors row = Tensors.of("x", Tensor.of(1f, 2f, 3f));
      assertEquals(Tensor.of(-1f, -2f, -3f), session.predict(row).only());
      assertSays(
          assertThrows(IllegalArgumentException.class, () -> session.outputs("odd")),
          "Output \"odd\" cannot be read",
          "type");
    }
  }

  /** The binding reads sequences of FLOAT, DOUBLE, INT64 and STRING alone. */
  @ParameterizedTest
  @ValueSource(ints = {2, 6, 9, 10, 12})
  void sequenceOfATypeThatTheBindingDoesNotRead_isLeftOut(int type) {
    GraphBuilder graph =
        negative()
            .node("Cast", "x -> odd", Attributes.integer("to", type))
            .node("SequenceConstruct", "odd -> list")
            .output("list", sequence(any(type)));
    try (Session session = load(graph)) {
      Tensors row = Tensors.of("x", Tensor.of(1f, 2f, 3f));
      assertEquals(Tensor.of(-1f, -2f, -3f), session.predict(row).only());
      assertSays(
          assertThrows(IllegalArgumentException.class, () -> session.outputs("list")),
          "Output \"list\" cannot be read",
          "SequenceInfo");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {FLOAT8, INT4})
  void inputOfAnUnknownType_isRefusedAtLoad(int type) {
    GraphBuilder graph =
        new GraphBuilder("kinds")
            .opset("", 21)
            .irVersion(10)
            .input("x", type, "n,3")
            .node("Cast", "x -> y", Attributes.integer("to", FLOAT))
            .output("y", FLOAT, "n,3");
    assertSays(
        assertThrows(ModelLoadException.class, () -> load(graph)), "input \"x\"", "cannot pass");
  }

  @Test
  void unsignedInputsAndOutputs_keepTheirValuesInBatches() {
    GraphBuilder graph =
        new GraphBuilder("unsigned")
            .input("small", 4, "batch,2")
            .input("wide", 13, "batch,1")
            .node("Cast", "small -> asDouble", Attributes.integer("to", 11))
            .node("Cast", "small -> asUint32", Attributes.integer("to", 12))
            .node("Cast", "wide -> wideDouble", Attributes.integer("to", 11))
            .node("Add", "wide wide -> twice")
            .output("asDouble", 11, "batch,2")
            .output("asUint32", 12, "batch,2")
            .output("wideDouble", 11, "batch,1")
            .output("twice", 13, "batch,1");
    Shape one = Shape.of(1);
    Tensors a =
        Tensors.of(
            "small", Tensor.ofUint16(Shape.of(2), (short) 65_535, (short) 1),
            "wide", Tensor.ofUint64(one, Long.parseUnsignedLong("9223372036854775808")));
    Tensors b =
        Tensors.of(
            "small", Tensor.ofUint16(Shape.of(2), (short) 40_000, (short) 0),
            "wide", Tensor.ofUint64(one, 21));
    try (Session session = load(graph)) {
      assertEquals(
          "(small UINT16[2], wide UINT64[1]) -> (asDouble FLOAT64[2], asUint32 UINT32[2],"
              + " wideDouble FLOAT64[1], twice UINT64[1])",
          session.signature().toString());
      List<Tensors> answers = session.predictAll(List.of(a, b));
      assertArrayEquals(new double[] {65_535, 1}, answers.get(0).get("asDouble").toDoubles());
      assertArrayEquals(new long[] {65_535, 1}, answers.get(0).get("asUint32").toLongs());
      assertArrayEquals(new double[] {0x1p63}, answers.get(0).get("wideDouble").toDoubles());
      assertArrayEquals(new double[] {40_000, 0}, answers.get(1).get("asDouble").toDoubles());
      assertEquals(DataType.UINT64, answers.get(1).get("twice").type());
      assertEquals(42, answers.get(1).get("twice").getLong(0));
      assertEquals(answers.get(0), session.predict(a));
      assertEquals(answers.get(1), Await.value(session.submit(b)));
    }
  }

  @Test
  void output_beyondWhatATensorHolds_isAnEngineExceptionThatSaysSo() {
    TensorSpec spec = TensorSpec.unknownRank("big", DataType.FLOAT32);
    OutputValues values = new OutputValues(spec, null);
    values.requireFits(Shape.of(536_870_909), DataType.FLOAT32);
    EngineException failure =
        assertThrows(
            EngineException.class,
            () -> values.requireFits(Shape.of(536_870_912), DataType.FLOAT32));
    assertSays(failure, "Output big", "[536870912]", "2147483639 bytes");
    assertTrue(failure.getMessage().contains("holds"));
  }
}
