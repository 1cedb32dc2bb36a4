package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One graph under change, and which constants its nodes can see: its own and those outside it. */
final class GraphScope {
  private final @Nullable GraphScope outer;
  private final GraphProto.Builder graph;
  private final Map<String, TensorProto> constants = new HashMap<>();
  private final Set<String> others = new HashSet<>();

  /** What was quantized already for nodes of this graph, by the value's name. */
  final Map<String, String> quantized = new HashMap<>();

  /** A constant, and the graph that has it. */
  record Constant(GraphScope owner, TensorProto tensor) {}

  /** Creates one. An initializer that is an input too is no constant: a caller may set it. */
  GraphScope(@Nullable GraphScope outer, GraphProto.Builder graph) {
    this.outer = outer;
    this.graph = graph;
    for (TensorProto tensor : graph.getInitializerList()) {
      constants.put(tensor.getName(), tensor);
    }
    for (ValueInfoProto input : graph.getInputList()) {
      constants.remove(input.getName());
      others.add(input.getName());
    }
    for (NodeProto node : graph.getNodeList()) {
      TensorProto value = constantValue(node);
      if (value != null) {
        constants.put(node.getOutput(0), value.toBuilder().setName(node.getOutput(0)).build());
      } else {
        others.addAll(node.getOutputList());
      }
    }
  }

  private static @Nullable TensorProto constantValue(NodeProto node) {
    if (Nodes.is(node, "Constant") && node.getOutputCount() == 1) {
      for (AttributeProto attribute : node.getAttributeList()) {
        if (attribute.getName().equals("value") && attribute.hasT()) {
          return attribute.getT();
        }
      }
    }
    return null;
  }

  GraphProto.Builder graph() {
    return graph;
  }

  /** Returns the constant of this name that a node here sees, or null if it is none. */
  @Nullable Constant constant(String name) {
    for (GraphScope scope = this; scope != null; scope = scope.outer) {
      TensorProto tensor = scope.constants.get(name);
      if (tensor != null) {
        return new Constant(scope, tensor);
      }
      if (scope.others.contains(name)) {
        return null;
      }
    }
    return null;
  }
}
