package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import org.jspecify.annotations.Nullable;

/**
 * A Gather of rows from a constant FP32 matrix, and what stands against its quantization.
 *
 * @param obstacle why it stays as it is, or null if nothing does
 */
record LookupNode(NodeProto node, GraphScope.Constant table, @Nullable String obstacle) {
  /** Returns the lookup that a node is; null if it is none. */
  static @Nullable LookupNode of(
      ModelFile file, GraphScope scope, NodeProto node, QuantizeOptions options) {
    if (!options.embeddings()
        || !NodeProtos.is(node, "Gather")
        || node.getInputCount() != 2
        || NodeProtos.integer(node, "axis", 0) != 0) {
      return null;
    }
    GraphScope.Constant table = scope.constant(node.getInput(0));
    if (table == null
        || table.turned()
        || table.tensor().getDataType() != DataType.FLOAT_VALUE
        || table.tensor().getDimsCount() != 2
        || scope.constant(node.getInput(1)) != null) {
      return null; // a choice of dimensions, more often than not
    }
    int elements = TensorProtos.elements(file, table.tensor());
    String obstacle = null;
    if (options.withoutNodes().contains(NodeProtos.name(node))) {
      obstacle = "excluded";
    } else if (elements < options.minElements()) {
      obstacle = elements + " elements";
    }
    return new LookupNode(node, table, obstacle);
  }
}
