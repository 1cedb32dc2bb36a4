package dev.inproc.examples;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.Arrays;
import java.util.List;

/** ONNX models of one operator each, from {@code x} to {@code y}. */
final class SmallModels {
  private static final int FLOAT = TensorProto.DataType.FLOAT_VALUE;
  private static final int INT64 = TensorProto.DataType.INT64_VALUE;

  private SmallModels() {}

  /** Answers what it is given; a dimension is a number or a name. */
  static byte[] identity(int elementType, String... dims) {
    return model(
        node("Identity", "x").build(),
        value("x", elementType, dims),
        value("y", elementType, dims));
  }

  /** Answers something else every time. */
  static byte[] random() {
    return model(
        node("RandomNormalLike", "x").build(),
        value("x", FLOAT, "batch", "2"),
        value("y", FLOAT, "batch", "2"));
  }

  /** Adds up each row, whatever its length: what it is filled up with by 0 changes nothing. */
  static byte[] rowSums() {
    TensorProto axis =
        TensorProto.newBuilder()
            .setName("axis")
            .setDataType(INT64)
            .addDims(1)
            .addInt64Data(1)
            .build();
    AttributeProto flat =
        AttributeProto.newBuilder()
            .setName("keepdims")
            .setType(AttributeProto.AttributeType.INT)
            .setI(0)
            .build();
    return model(
        node("ReduceSum", "x", "axis").addAttribute(flat).build(),
        value("x", FLOAT, "batch", "seq"),
        value("y", FLOAT, "batch"),
        axis);
  }

  /** Looks up one of two numbers: the engine fails for an index that is out of range. */
  static byte[] lookUp() {
    TensorProto table =
        TensorProto.newBuilder()
            .setName("table")
            .setDataType(FLOAT)
            .addDims(2)
            .addAllFloatData(List.of(0.5f, 1.5f))
            .build();
    return model(
        node("Gather", "table", "x").build(),
        value("x", INT64, "batch", "1"),
        value("y", FLOAT, "batch", "1"),
        table);
  }

  private static byte[] model(
      NodeProto node, ValueInfoProto input, ValueInfoProto output, TensorProto... initializers) {
    return ModelProto.newBuilder()
        .setIrVersion(8)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
        .setGraph(
            GraphProto.newBuilder()
                .setName("small")
                .addInput(input)
                .addNode(node)
                .addOutput(output)
                .addAllInitializer(Arrays.asList(initializers)))
        .build()
        .toByteArray();
  }

  private static NodeProto.Builder node(String operator, String... inputs) {
    return NodeProto.newBuilder()
        .setOpType(operator)
        .setName(operator)
        .addAllInput(List.of(inputs))
        .addOutput("y");
  }

  private static ValueInfoProto value(String name, int elementType, String... dims) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (String dim : dims) {
      boolean fixed = Character.isDigit(dim.charAt(0));
      shape.addDim(
          fixed
              ? Dimension.newBuilder().setDimValue(Long.parseLong(dim))
              : Dimension.newBuilder().setDimParam(dim));
    }
    TypeProto.Tensor type =
        TypeProto.Tensor.newBuilder().setElemType(elementType).setShape(shape).build();
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(TypeProto.newBuilder().setTensorType(type))
        .build();
  }
}
