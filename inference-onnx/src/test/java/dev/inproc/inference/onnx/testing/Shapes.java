package dev.inproc.inference.onnx.testing;

import static dev.inproc.inference.onnx.testing.Attributes.integer;
import static dev.inproc.inference.onnx.testing.Attributes.integers;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Models that are interesting for their shapes or their file, not for what they compute. */
final class Shapes {
  private static final int FLOAT = DataType.FLOAT_VALUE;

  private Shapes() {}

  static byte[] identity(int elementType) {
    return new GraphBuilder("identity")
        .input("x", elementType, "batch,n")
        .output("y", elementType, "batch,n")
        .node("Identity", "x -> y")
        .build();
  }

  static byte[] passThrough() {
    return new GraphBuilder("pass-through")
        .input("x", FLOAT, "batch,n")
        .input("mask", FLOAT, "batch,n")
        .input("id", DataType.INT64_VALUE, "batch")
        .input("name", DataType.STRING_VALUE, "batch")
        .output("y", FLOAT, "batch,n")
        .output("mask", FLOAT, "batch,n")
        .output("id", DataType.INT64_VALUE, "batch")
        .output("name", DataType.STRING_VALUE, "batch")
        .node("Neg", "x -> y")
        .build();
  }

  static byte[] ledger() {
    return new GraphBuilder("ledger")
        .input("id", DataType.INT64_VALUE, "batch")
        .output("answer", DataType.INT64_VALUE, "batch")
        .axes("factor", 1_000_003)
        .axes("summand", 7)
        .node("Mul", "id factor -> product")
        .node("Add", "product summand -> answer")
        .build();
  }

  static byte[] columns(int count) {
    GraphBuilder graph = new GraphBuilder("columns");
    StringBuilder all = new StringBuilder();
    float[] weights = new float[count];
    for (int i = 0; i < count; i++) {
      graph.input("column_" + i, FLOAT, "batch,1");
      all.append("column_").append(i).append(' ');
      weights[i] = (i % 7 - 3) / 10f;
    }
    return graph
        .output("y", FLOAT, "batch,1")
        .initializer("weights", weights, count, 1)
        .node("Concat", all + "-> row", integer("axis", 1))
        .node("MatMul", "row weights -> y")
        .build();
  }

  static byte[] noBatchAxis() {
    return new GraphBuilder("no-batch-axis")
        .input("a", FLOAT, "3,4")
        .input("b", FLOAT, "4,2")
        .output("c", FLOAT, "3,2")
        .node("MatMul", "a b -> c")
        .build();
  }

  static byte[] twoAxes() {
    return new GraphBuilder("two-axes")
        .input("x", FLOAT, "rows,4")
        .input("y", FLOAT, "cols,4")
        .output("scores", FLOAT, "rows,cols")
        .node("Transpose", "y -> turned", integers("perm", 1, 0))
        .node("MatMul", "x turned -> scores")
        .build();
  }

  static byte[] twoInputs() {
    return new GraphBuilder("two-inputs")
        .input("a", FLOAT, "batch,3")
        .input("b", FLOAT, "batch,3")
        .output("sum", FLOAT, "batch,3")
        .output("product", FLOAT, "batch,3")
        .node("Add", "a b -> sum")
        .node("Mul", "a b -> product")
        .build();
  }

  static byte[] scalarOutput() {
    return new GraphBuilder("scalar-output")
        .input("x", FLOAT, "batch,4")
        .output("total", FLOAT, "")
        .node("ReduceSum", "x -> total", integer("keepdims", 0))
        .build();
  }

  /** Joins x with itself along the axis, and declares that y has the shape of x all the same. */
  static byte[] lying(int axis) {
    return new GraphBuilder("lying")
        .input("x", FLOAT, "batch,d")
        .output("y", FLOAT, "batch,d")
        .node("Concat", "x x -> y", integer("axis", axis))
        .build();
  }

  static byte[] dataDependent() {
    return new GraphBuilder("data-dependent")
        .input("x", FLOAT, "batch,4")
        .output("indices", DataType.INT64_VALUE, "?,2")
        .node("NonZero", "x -> columns")
        .node("Transpose", "columns -> indices", integers("perm", 1, 0))
        .build();
  }

  static byte[] anyShape() {
    return new GraphBuilder("any-shape")
        .input("x", GraphBuilder.tensorOfAnyShape(FLOAT))
        .output("y", GraphBuilder.tensorOfAnyShape(FLOAT))
        .node("Neg", "x -> y")
        .build();
  }

  /** Joins past and x along the axis of their lengths; the batch axis is text such as "batch,". */
  static byte[] keyCache(String batch) {
    return new GraphBuilder("key-cache")
        .input("past", FLOAT, batch + "2,past,4")
        .input("x", FLOAT, batch + "2,seq,4")
        .output("present", FLOAT, batch + "2,total,4")
        .node("Concat", "past x -> present", integer("axis", -2))
        .build();
  }

  static byte[] namesakes() {
    return new GraphBuilder("namesakes")
        .input("images", FLOAT, "batch,4")
        .input("texts", FLOAT, "batch,4")
        .output("images_out", FLOAT, "batch,4")
        .output("texts_out", FLOAT, "batch,4")
        .node("Neg", "images -> images_out")
        .node("Neg", "texts -> texts_out")
        .build();
  }

  static byte[] scores() {
    return new GraphBuilder("scores")
        .input("images", FLOAT, "batch,4")
        .input("texts", FLOAT, "batch,4")
        .output("scores", FLOAT, "batch,batch")
        .node("Transpose", "texts -> turned", integers("perm", 1, 0))
        .node("MatMul", "images turned -> scores")
        .build();
  }

  static byte[] unusedInput() {
    return new GraphBuilder("unused-input")
        .input("unused", DataType.INT64_VALUE, "batch")
        .input("x", FLOAT, "batch,3")
        .output("y", FLOAT, "batch,3")
        .node("Neg", "x -> y")
        .build();
  }

  static byte[] unknownOperator() {
    return new GraphBuilder("unknown-operator")
        .input("x", FLOAT, "batch,4")
        .output("y", FLOAT, "batch,4")
        .node("NoSuchOp", "x -> y")
        .build();
  }

  static Path externalData(Path directory, String location) throws IOException {
    byte[] data = Tensors.floats("", Weights.layer(60, 4, 2), 4, 2).getRawData().toByteArray();
    Path file = directory.resolve(location).normalize();
    Path parent = file.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    Files.write(file, data);
    GraphBuilder graph =
        new GraphBuilder("external-data")
            .input("x", FLOAT, "batch,4")
            .output("y", FLOAT, "batch,2")
            .initializer(Tensors.external("w", FLOAT, location, data.length, 4, 2))
            .node("MatMul", "x w -> y");
    return Files.write(directory.resolve("model.onnx"), graph.build());
  }

  static float[] externalDataReference(float[] row) {
    float[] weights = Weights.layer(60, 4, 2);
    float[] answer = new float[2];
    for (int i = 0; i < weights.length; i++) {
      answer[i % 2] += row[i / 2] * weights[i];
    }
    return answer;
  }
}
