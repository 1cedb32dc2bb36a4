package dev.inproc.inference.onnx;

import static dev.inproc.inference.onnx.testing.Attributes.graph;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import dev.inproc.inference.engine.ModelSource;
import dev.inproc.inference.engine.Session;
import dev.inproc.inference.onnx.format.GraphInputs;
import dev.inproc.inference.onnx.format.ProtoBytes;
import dev.inproc.inference.onnx.testing.GraphBuilder;
import dev.inproc.inference.onnx.testing.Models;
import dev.inproc.inference.tensor.Shape;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the binding does not tell of a graph's inputs, and what is served because of it. */
class GraphInputsTest {
  private static final int FLOAT = DataType.FLOAT_VALUE;

  @TempDir Path directory;

  /**
   * any (no shape), scalar, branch (read in a subgraph alone), passed (an output), idle (no use, of
   * a type that the binding cannot pass).
   */
  private static byte[] model() {
    GraphBuilder then = new GraphBuilder("then").output("t", FLOAT, "?").node("Neg", "branch -> t");
    GraphBuilder otherwise =
        new GraphBuilder("else").output("e", FLOAT, "?").node("Identity", "branch -> e");
    return new GraphBuilder("interface")
        .input("idle", DataType.UINT32_VALUE, "n")
        .input("any", GraphBuilder.tensorOfAnyShape(FLOAT))
        .input("scalar", FLOAT, "")
        .input("go", DataType.BOOL_VALUE, "")
        .input("branch", FLOAT, "k")
        .input("passed", FLOAT, "m")
        .output("product", GraphBuilder.tensorOfAnyShape(FLOAT))
        .output("chosen", FLOAT, "k")
        .output("passed", FLOAT, "m")
        .node("Mul", "any scalar -> product")
        .node("If", "go -> chosen", graph("then_branch", then), graph("else_branch", otherwise))
        .build();
  }

  @Test
  void of_model_tellsScalarsAndWhatNothingReads() {
    GraphInputs inputs = GraphInputs.of(ProtoBytes.of(model()));
    assertTrue(inputs.isScalar("scalar"));
    assertTrue(inputs.isScalar("go"));
    for (String name : List.of("idle", "any", "branch", "passed", "nowhere")) {
      assertFalse(inputs.isScalar(name), name);
    }
    assertTrue(inputs.isUnused("idle"));
    for (String name : List.of("any", "scalar", "go", "branch", "passed", "nowhere")) {
      assertFalse(inputs.isUnused(name), name);
    }
    assertFalse(GraphInputs.of(ProtoBytes.of(Models.tinyMlp())).isUnused("x"));
  }

  @Test
  void session_fromBytesFileAndTrusted_servesIt() throws IOException {
    Path file = Files.write(directory.resolve("model.onnx"), model());
    OnnxOptions trusted = OnnxOptions.builder().trustModels(true).build();
    for (Session session :
        List.of(
            new OnnxEngine().load(ModelSource.bytes("model", model())),
            new OnnxEngine().load(ModelSource.file(file)),
            new OnnxEngine(trusted).load(ModelSource.file(file)))) {
      try (session) {
        assertEquals(
            "(any FLOAT32[...], scalar FLOAT32[], go BOOL[], branch FLOAT32[k], passed FLOAT32[m])",
            session.signature().toString().split(" -> ", 2)[0]);
        for (Shape shape :
            List.of(Shape.scalar(), Shape.of(2), Shape.of(0, 3), Shape.of(1, 2, 1))) {
          answers(session, shape);
        }
      }
    }
  }

  private static void answers(Session session, Shape shape) {
    float[] any = new float[(int) shape.elements()];
    Arrays.fill(any, 3);
    Tensors input =
        Tensors.of(
            List.of("any", "scalar", "go", "branch", "passed"),
            Tensor.of(shape, any),
            Tensor.of(Shape.scalar(), 2f),
            Tensor.of(Shape.scalar(), true),
            Tensor.of(4f, 5f),
            Tensor.of(6f));
    Tensors answer = session.predict(input);
    assertEquals(shape, answer.get("product").shape());
    for (float value : answer.get("product").toFloats()) {
      assertEquals(6, value);
    }
    assertArrayEquals(new float[] {-4, -5}, answer.get("chosen").toFloats());
  }
}
