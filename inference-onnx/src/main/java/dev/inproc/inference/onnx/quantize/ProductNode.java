package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A MatMul or Gemm, and what stands against its quantization.
 *
 * @param weight its second input, if that is a constant
 * @param obstacle why it stays as it is, or null if nothing does
 * @param turned whether the weight's tensor is [columns, rows]
 * @param factor what the product is to be multiplied with
 */
record ProductNode(
    NodeProto node,
    GraphScope.@Nullable Constant weight,
    @Nullable String obstacle,
    boolean turned,
    float factor) {
  private static final int MAX_REASONABLE = Integer.MAX_VALUE / Float.BYTES;

  static boolean is(NodeProto node) {
    return NodeProtos.is(node, "MatMul") || NodeProtos.is(node, "Gemm");
  }

  static ProductNode of(ModelFile file, GraphScope scope, NodeProto node, QuantizeOptions options) {
    if (node.getInputCount() < 2 || node.getOutputCount() != 1) {
      throw file.failure(
          node.getOpType()
              + " \""
              + NodeProtos.name(node)
              + "\" needs at least two inputs and one output, got "
              + node.getInputCount()
              + " and "
              + node.getOutputCount());
    }
    boolean gemm = NodeProtos.is(node, "Gemm");
    GraphScope.Constant weight = scope.constant(node.getInput(1));
    return new ProductNode(
        node,
        weight,
        obstacle(file, node, weight, options),
        (gemm && NodeProtos.integer(node, "transB", 0) != 0) ^ (weight != null && weight.turned()),
        gemm ? NodeProtos.number(node, "alpha", 1) : 1);
  }

  private static @Nullable String obstacle(
      ModelFile file,
      NodeProto node,
      GraphScope.@Nullable Constant weight,
      QuantizeOptions options) {
    if (options.withoutNodes().contains(NodeProtos.name(node))) {
      return "excluded";
    }
    if (weight == null) {
      return "its second input is no constant";
    }
    TensorProto tensor = weight.tensor();
    if (tensor.getDataType() != DataType.FLOAT_VALUE) {
      return "its weight is not FP32";
    }
    if (tensor.getDimsCount() != 2) {
      return "its weight is no matrix: " + tensor.getDimsList();
    }
    int elements = TensorProtos.elements(file, tensor);
    if (elements < options.minElements() || elements > MAX_REASONABLE) {
      return "its weight has " + elements + " elements";
    }
    return null;
  }

  boolean isGemm() {
    return NodeProtos.is(node, "Gemm");
  }

  boolean turnsInput() {
    return isGemm() && NodeProtos.integer(node, "transA", 0) != 0;
  }

  int rows(TensorProto tensor) {
    return (int) tensor.getDims(turned ? 1 : 0);
  }

  int columns(TensorProto tensor) {
    return (int) tensor.getDims(turned ? 0 : 1);
  }

  /** Returns the weight as [rows, columns], times the factor. */
  float[] matrix(ModelFile file, TensorProto tensor) throws IOException {
    float[] matrix = TensorProtos.floats(file, tensor);
    if (turned) {
      matrix = WeightMath.transpose(matrix, (int) tensor.getDims(0), (int) tensor.getDims(1));
    }
    if (factor != 1) {
      for (int i = 0; i < matrix.length; i++) {
        matrix[i] *= factor;
      }
    }
    return matrix;
  }
}
