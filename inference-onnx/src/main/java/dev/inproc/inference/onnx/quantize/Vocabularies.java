package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.HashMap;
import java.util.Map;

/** How many ids an input may have: the rows of the tables that it is looked up in. */
final class Vocabularies {
  private Vocabularies() {}

  /** Returns the size of the smallest table for each input that is looked up as it is. */
  static Map<String, Long> of(GraphScope scope) {
    Map<String, Long> sizes = new HashMap<>();
    for (NodeProto node : scope.graph().getNodeList()) {
      if (NodeProtos.is(node, "Gather")
          && node.getInputCount() == 2
          && NodeProtos.integer(node, "axis", 0) == 0) {
        GraphScope.Constant table = scope.constant(node.getInput(0));
        if (table != null && table.tensor().getDimsCount() > 0) {
          long rows = table.tensor().getDims(table.turned() ? 1 : 0);
          sizes.merge(node.getInput(1), rows, Math::min);
        }
      }
    }
    return sizes;
  }
}
