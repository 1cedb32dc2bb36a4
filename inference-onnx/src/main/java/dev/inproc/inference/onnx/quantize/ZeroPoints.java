package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which byte stands for 0 in an activation: half of the range for most, less where what computes
 * the activation leaves little below 0, so that the levels go where the values are.
 */
final class ZeroPoints {
  /** As many levels below 0 as above it. */
  static final int MIDDLE = 128;

  /** Nothing is below 0. */
  static final int NONE_BELOW = 0;

  /** Little is: Gelu ends at -0.17, Swish at -0.28. A hint: what is below is not cut off. */
  static final int FEW_BELOW = 32;

  private static final Set<String> NEVER_NEGATIVE = Set.of("Relu", "Sigmoid", "Softmax", "Abs");
  private static final Set<String> HARDLY_NEGATIVE =
      Set.of("Gelu", "FastGelu", "BiasGelu", "QuickGelu", "HardSwish", "Mish", "Swish");
  private static final Set<String> GATES = Set.of("Erf", "Sigmoid", "Tanh");
  private static final int DEPTH = 4; // from the last Mul of a Gelu to its Erf

  private final Map<String, NodeProto> producers = new HashMap<>();

  /** Takes note of what computes which value in a graph. */
  void add(List<NodeProto> nodes) {
    nodes.forEach(node -> node.getOutputList().forEach(output -> producers.put(output, node)));
  }

  int of(String input) {
    NodeProto producer = producers.get(input);
    if (producer == null) {
      return MIDDLE;
    }
    if (NEVER_NEGATIVE.contains(producer.getOpType())) {
      return NONE_BELOW;
    }
    boolean gated = producer.getOpType().equals("Mul") && isGated(producer, DEPTH);
    return gated || HARDLY_NEGATIVE.contains(producer.getOpType()) ? FEW_BELOW : MIDDLE;
  }

  /** A product with what a gate has passed, in the forms that exporters write. */
  private boolean isGated(@Nullable NodeProto node, int depth) {
    if (node == null || depth == 0) {
      return false;
    }
    return switch (node.getOpType()) {
      case "Mul", "Add" ->
          node.getInputList().stream()
              .map(producers::get)
              .anyMatch(
                  each ->
                      each != null
                          && (GATES.contains(each.getOpType()) || isGated(each, depth - 1)));
      default -> false;
    };
  }
}
