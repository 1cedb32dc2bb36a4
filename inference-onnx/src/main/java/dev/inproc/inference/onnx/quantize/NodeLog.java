package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.List;

/** Notes what was done to each node. */
final class NodeLog {
  private final List<QuantizationReport.Node> changed = new ArrayList<>();
  private final List<QuantizationReport.Node> left = new ArrayList<>();

  void changed(NodeProto node, String detail) {
    changed.add(new QuantizationReport.Node(NodeProtos.name(node), node.getOpType(), detail, 0));
  }

  void left(NodeProto node, String why, long floatBytes) {
    left.add(new QuantizationReport.Node(NodeProtos.name(node), node.getOpType(), why, floatBytes));
  }

  List<QuantizationReport.Node> changed() {
    return changed;
  }

  List<QuantizationReport.Node> left() {
    return left;
  }
}
