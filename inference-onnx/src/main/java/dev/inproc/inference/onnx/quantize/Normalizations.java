package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes layer normalization so that ONNX Runtime does not fuse it: its fused CPU kernel takes 4 ns
 * an element, the basic operators together less than 1. A square by Mul instead of Pow is enough
 * for that; one that is fused already is taken apart.
 */
final class Normalizations {
  private final GraphEdit edit;
  private final Map<String, Integer> readers = new HashMap<>();
  private final Map<String, NodeProto> lastReader = new HashMap<>();

  Normalizations(GraphEdit edit) {
    this.edit = edit;
  }

  /** Returns one for a graph inside. */
  Normalizations inner() {
    return new Normalizations(edit);
  }

  void prepare(List<NodeProto> nodes) {
    for (NodeProto node : nodes) {
      for (String input : node.getInputList()) {
        readers.merge(input, 1, Integer::sum);
        lastReader.put(input, node);
      }
    }
  }

  /** Writes another form of a node, if it is one of these. */
  boolean rewrite(GraphScope scope, NodeProto node) throws IOException {
    if (NodeProtos.is(node, "Pow") && isSquareOfDeviation(scope, node)) {
      String deviation = node.getInput(0);
      edit.addAs(scope, "", "Mul", List.of(deviation, deviation), node.getOutputList());
      return true;
    }
    if (NodeProtos.is(node, "LayerNormalization") && isPlain(scope, node)) {
      takeApart(scope, node);
      return true;
    }
    return false;
  }

  private boolean isSquareOfDeviation(GraphScope scope, NodeProto node) throws IOException {
    if (node.getInputCount() != 2 || node.getOutputCount() != 1) {
      return false;
    }
    GraphScope.Constant exponent = scope.constant(node.getInput(1));
    NodeProto reader = lastReader.get(node.getOutput(0));
    return exponent != null
        && exponent.tensor().getDataType() == DataType.FLOAT_VALUE
        && isTwo(exponent.tensor())
        && readers.getOrDefault(node.getOutput(0), 0) == 1
        && reader != null
        && NodeProtos.is(reader, "ReduceMean");
  }

  private static boolean isTwo(TensorProto tensor) {
    long elements = tensor.getDimsList().stream().reduce(1L, (a, b) -> a * b);
    if (elements != 1) {
      return false;
    }
    return tensor.getFloatDataCount() == 1
        ? tensor.getFloatData(0) == 2
        : tensor.getRawData().size() == Float.BYTES
            && tensor
                    .getRawData()
                    .asReadOnlyByteBuffer()
                    .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                    .getFloat()
                == 2;
  }

  private boolean isPlain(GraphScope scope, NodeProto node) {
    if (node.getInputCount() < 2
        || node.getOutputList().stream().skip(1).anyMatch(name -> !name.isEmpty())) {
      return false;
    }
    GraphScope.Constant scale = scope.constant(node.getInput(1));
    return NodeProtos.integer(node, "axis", -1) == -1
        && NodeProtos.integer(node, "stash_type", 1) == 1
        && scale != null
        && scale.tensor().getDataType() == DataType.FLOAT_VALUE;
  }

  private void takeApart(GraphScope scope, NodeProto node) throws IOException {
    String input = node.getInput(0);
    String output = node.getOutput(0);
    String mean = edit.reduceLast(scope, "ReduceMean", input, output + "/mean");
    String deviation = edit.add(scope, "", "Sub", List.of(input, mean), output + "/deviation");
    String square = edit.add(scope, "", "Mul", List.of(deviation, deviation), output + "/square");
    String variance = edit.reduceLast(scope, "ReduceMean", square, output + "/variance");
    String epsilon = edit.scalar(NodeProtos.number(node, "epsilon", 1e-5f));
    String sum = edit.add(scope, "", "Add", List.of(variance, epsilon), output + "/sum");
    String root = edit.add(scope, "", "Sqrt", List.of(sum), output + "/root");
    String normal = edit.add(scope, "", "Div", List.of(deviation, root), output + "/normal");
    boolean hasBias = node.getInputCount() > 2 && !node.getInput(2).isEmpty();
    List<String> scaled = List.of(normal, node.getInput(1));
    if (hasBias) {
      String before = edit.add(scope, "", "Mul", scaled, output + "/scaled");
      edit.addAs(scope, "", "Add", List.of(before, node.getInput(2)), List.of(output));
    } else {
      edit.addAs(scope, "", "Mul", scaled, List.of(output));
    }
  }
}
