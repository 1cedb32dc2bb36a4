package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.NodeProto;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The activations of a model's outermost graph that are multiplied with weights to be quantized, in
 * the order of the graph, and the products that read each.
 */
final class ProductInputs {
  private final Map<String, List<ProductNode>> readers = new LinkedHashMap<>();
  private final Set<String> sharing = new LinkedHashSet<>();
  private final ZeroPoints zeroPoints = new ZeroPoints();

  private ProductInputs() {}

  static ProductInputs of(
      ModelFile file, GraphScope scope, ConstantUses uses, QuantizeOptions options) {
    ProductInputs inputs = new ProductInputs();
    inputs.zeroPoints.add(scope.graph().getNodeList());
    for (NodeProto node : scope.graph().getNodeList()) {
      if (ProductNode.is(node)) {
        ProductNode product = ProductNode.of(file, scope, node, options);
        String input = node.getInput(0);
        GraphScope.Constant weight = product.weight();
        if (weight != null && uses.of(weight).count() != 1) {
          inputs.sharing.add(input);
        }
        if (product.obstacle() == null && !product.turnsInput()) {
          inputs.readers.computeIfAbsent(input, any -> new ArrayList<>()).add(product);
        }
      }
    }
    inputs.readers.values().removeIf(products -> width(products) < 2);
    return inputs;
  }

  /** The activations. */
  Set<String> names() {
    return readers.keySet();
  }

  List<ProductNode> readers(String input) {
    return readers.getOrDefault(input, List.of());
  }

  /** Says whether a weight of this activation's products is read elsewhere too. */
  boolean sharesWeights(String input) {
    return sharing.contains(input);
  }

  /** The byte that stands for 0 in this activation. */
  int zeroPoint(String input) {
    return zeroPoints.of(input);
  }

  /** How many channels an activation has; 0 if there is none of this name. */
  int width(String input) {
    return width(readers(input));
  }

  private static int width(List<ProductNode> products) {
    int width = 0;
    for (ProductNode each : products) {
      GraphScope.Constant weight = each.weight();
      int rows = weight == null ? 0 : each.rows(weight.tensor());
      if (width != 0 && rows != width) {
        return 0; // no valid model
      }
      width = rows;
    }
    return width;
  }
}
