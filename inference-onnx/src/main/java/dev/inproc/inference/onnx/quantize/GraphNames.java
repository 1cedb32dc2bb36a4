package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.Set;
import java.util.function.Consumer;

/** The names in a graph and in the graphs inside it. */
final class GraphNames {
  private GraphNames() {}

  /** Adds every name of a value or node. */
  static void collect(GraphProto graph, Set<String> names) {
    graph.getInitializerList().forEach(tensor -> names.add(tensor.getName()));
    graph.getInputList().forEach(value -> names.add(value.getName()));
    graph.getOutputList().forEach(value -> names.add(value.getName()));
    for (NodeProto node : graph.getNodeList()) {
      names.add(node.getName());
      names.addAll(node.getInputList());
      names.addAll(node.getOutputList());
      for (AttributeProto attribute : node.getAttributeList()) {
        attribute.getGraphsList().forEach(inner -> collect(inner, names));
        if (attribute.hasG()) {
          collect(attribute.getG(), names);
        }
      }
    }
  }

  /** Tells every name that is read, each time that it is. */
  static void used(GraphProto graph, Consumer<String> names) {
    graph.getOutputList().forEach(value -> names.accept(value.getName()));
    for (NodeProto node : graph.getNodeList()) {
      node.getInputList().forEach(names);
      for (AttributeProto attribute : node.getAttributeList()) {
        attribute.getGraphsList().forEach(inner -> used(inner, names));
        if (attribute.hasG()) {
          used(attribute.getG(), names);
        }
      }
    }
  }
}
