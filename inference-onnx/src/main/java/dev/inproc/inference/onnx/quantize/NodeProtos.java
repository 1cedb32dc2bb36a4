package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads and makes nodes. */
final class NodeProtos {
  /** The domain of ONNX Runtime's own operators. */
  static final String MICROSOFT = "com.microsoft";

  private NodeProtos() {}

  static boolean is(NodeProto node, String operator) {
    return node.getOpType().equals(operator)
        && (node.getDomain().isEmpty() || node.getDomain().equals("ai.onnx"));
  }

  /** The node's name, or its first output's: names are optional. */
  static String name(NodeProto node) {
    if (!node.getName().isEmpty()) {
      return node.getName();
    }
    return node.getOutputCount() == 0 ? node.getOpType() : node.getOutput(0);
  }

  static long integer(NodeProto node, String name, long orElse) {
    AttributeProto attribute = find(node, name);
    return attribute == null ? orElse : attribute.getI();
  }

  static float number(NodeProto node, String name, float orElse) {
    AttributeProto attribute = find(node, name);
    return attribute == null ? orElse : attribute.getF();
  }

  static @Nullable AttributeProto find(NodeProto node, String name) {
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.getName().equals(name)) {
        return attribute;
      }
    }
    return null;
  }

  static NodeProto node(
      String domain,
      String operator,
      List<String> inputs,
      List<String> outputs,
      AttributeProto... attributes) {
    return NodeProto.newBuilder()
        .setDomain(domain)
        .setOpType(operator)
        .setName(outputs.get(0) + "/" + operator)
        .addAllInput(inputs)
        .addAllOutput(outputs)
        .addAllAttribute(Arrays.asList(attributes))
        .build();
  }

  static AttributeProto integer(String name, long value) {
    return AttributeProto.newBuilder().setName(name).setType(AttributeType.INT).setI(value).build();
  }

  static AttributeProto integers(String name, Long... values) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.INTS)
        .addAllInts(Arrays.asList(values))
        .build();
  }

  static AttributeProto tensor(String name, TensorProto value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeType.TENSOR)
        .setT(value)
        .build();
  }
}
