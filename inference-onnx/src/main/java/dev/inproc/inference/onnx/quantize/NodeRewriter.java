package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Replaces MatMul, Gemm and Gather by their quantized forms, and notes what it leaves. */
final class NodeRewriter {
  private final ModelFile file;
  private final GraphEdit edit;
  private final QuantizeOptions options;
  private final NodeLog log;
  private final MatMulEmitter products;
  private final Smoothing smoothing;
  private final Hessians hessians;
  private final Tables tables;
  private final ZeroPoints zeroPoints = new ZeroPoints();

  /** Weights that were quantized already: by owner, name, orientation and factor. */
  private final Map<Key, MatMulEmitter.Weight> weights = new HashMap<>();

  private final Map<Key, Boolean> finite = new HashMap<>();
  private final Map<GraphScope, Set<String>> replaced = new HashMap<>();

  private record Key(GraphScope owner, String name, boolean transposed, float factor) {}

  NodeRewriter(
      ModelFile file,
      GraphEdit edit,
      QuantizeOptions options,
      Smoothing smoothing,
      Hessians hessians,
      ConstantUses uses,
      NodeLog log) {
    this.smoothing = smoothing;
    this.hessians = hessians;
    tables = new Tables(file, edit, options, uses);
    this.file = file;
    this.edit = edit;
    this.options = options;
    this.log = log;
    products = new MatMulEmitter(edit, options);
  }

  /** Looks at the nodes of a graph, before any of it is rewritten. */
  void prepare(List<NodeProto> nodes) {
    zeroPoints.add(nodes);
  }

  /** Writes the quantized form of a node, if it has one. */
  boolean rewrite(GraphScope scope, NodeProto node) throws IOException {
    if (ProductNode.is(node)) {
      return product(scope, node);
    }
    LookupNode lookup = LookupNode.of(file, scope, node, options);
    if (lookup == null) {
      leave(scope, node);
      return false;
    }
    return lookup(scope, lookup);
  }

  /** Notes a node of another kind that has large weights. */
  private void leave(GraphScope scope, NodeProto node) {
    if (!scope.isViewOfConstant(node) && hasLargeWeight(scope, node)) {
      log.left(node, node.getOpType() + " is not quantized", floatBytes(scope, node));
    }
  }

  private boolean hasLargeWeight(GraphScope scope, NodeProto node) {
    return node.getInputList().stream()
        .map(scope::constant)
        .anyMatch(
            constant ->
                constant != null
                    && constant.tensor().getDataType() == DataType.FLOAT_VALUE
                    && constant.tensor().getDimsCount() > 1
                    && TensorProtos.elements(file, constant.tensor()) >= options.minElements());
  }

  /** The bytes of FP32 constants that a node reads. */
  private long floatBytes(GraphScope scope, NodeProto node) {
    long bytes = 0;
    for (String input : node.getInputList()) {
      GraphScope.Constant constant = scope.constant(input);
      if (constant != null && constant.tensor().getDataType() == DataType.FLOAT_VALUE) {
        bytes += (long) Float.BYTES * TensorProtos.elements(file, constant.tensor());
      }
    }
    return bytes;
  }

  private boolean lookup(GraphScope scope, LookupNode lookup) throws IOException {
    String obstacle = tables.obstacle(lookup);
    if (obstacle != null) {
      log.left(lookup.node(), obstacle, floatBytes(scope, lookup.node()));
      return false;
    }
    log.changed(lookup.node(), tables.lookup(scope, lookup));
    replaced(lookup.table());
    return true;
  }

  // ---- MatMul and Gemm ----

  private boolean product(GraphScope scope, NodeProto node) throws IOException {
    ProductNode product = ProductNode.of(file, scope, node, options);
    GraphScope.Constant weight = product.weight();
    if (product.obstacle() != null || weight == null) {
      log.left(node, String.valueOf(product.obstacle()), floatBytes(scope, node));
      return false;
    }
    // The calibration knows the channels of the activation, not of its transpose.
    boolean hasChannels = !product.turnsInput();
    float[] factors = hasChannels ? smoothing.factors(scope, node.getInput(0)) : null;
    MatMulEmitter.Weight quantized = quantized(scope, product, weight, factors);
    if (quantized == null) {
      String why = "its weight has values that are NaN or infinite";
      log.left(node, why, floatBytes(scope, node));
      return false;
    }
    boolean gemm = product.isGemm();
    String input = node.getInput(0);
    int zeroPoint = zeroPoints.of(input);
    if (product.turnsInput()) {
      String key = "\0transposed " + input;
      String known = scope.quantized.get(key);
      if (known == null) {
        known =
            edit.add(
                scope,
                "",
                "Transpose",
                List.of(input),
                input + "/transposed",
                NodeProtos.integers("perm", 1L, 0L));
        scope.quantized.put(key, known);
      }
      input = known;
    }
    String output = node.getOutput(0);
    if (factors != null) {
      input = smoothed(scope, input, factors);
    }
    boolean hasBias = gemm && node.getInputCount() > 2 && !node.getInput(2).isEmpty();
    float beta = gemm ? NodeProtos.number(node, "beta", 1) : 1;
    if (hasBias && beta != 0) {
      String bias = node.getInput(2);
      if (beta != 1) {
        bias = edit.add(scope, "", "Mul", List.of(bias, edit.scalar(beta)), output + "/bias");
      }
      String unbiased = edit.fresh(output + "/product");
      products.product(scope, input, quantized, zeroPoint, unbiased);
      edit.addAs(scope, "", "Add", List.of(unbiased, bias), List.of(output));
    } else {
      products.product(scope, input, quantized, zeroPoint, output);
    }
    log.changed(node, "[" + quantized.rows() + ", " + quantized.columns() + "]");
    return true;
  }

  private String smoothed(GraphScope scope, String input, float[] factors) throws IOException {
    String key = "\0smoothed " + input;
    String known = scope.quantized.get(key);
    if (known == null) {
      float[] inverse = new float[factors.length];
      for (int i = 0; i < inverse.length; i++) {
        inverse[i] = 1 / factors[i]; // exact: they are powers of two
      }
      String divisors =
          edit.constant(
              scope,
              input + "/smoothing",
              DataType.FLOAT_VALUE,
              List.of((long) inverse.length),
              TensorProtos.bytes(inverse));
      known = edit.add(scope, "", "Mul", List.of(input, divisors), input + "/smoothed");
      scope.quantized.put(key, known);
    }
    return known;
  }

  private MatMulEmitter.@Nullable Weight quantized(
      GraphScope scope,
      ProductNode product,
      GraphScope.Constant constant,
      float @Nullable [] factors)
      throws IOException {
    TensorProto tensor = constant.tensor();
    Key key = new Key(constant.owner(), tensor.getName(), product.turned(), product.factor());
    if (Boolean.FALSE.equals(finite.get(key))) {
      return null;
    }
    MatMulEmitter.Weight known = weights.get(key);
    if (known != null) {
      return known;
    }
    MatMulEmitter.Weight tied = factors == null ? tables.weight(product, constant) : null;
    if (tied != null) {
      replaced(constant);
      return tied;
    }
    float[] matrix = product.matrix(file, tensor);
    int columns = product.columns(tensor);
    if (!WeightMath.isFinite(matrix)) {
      finite.put(key, false);
      return null;
    }
    if (factors != null) {
      for (int i = 0; i < matrix.length; i++) {
        matrix[i] *= factors[i / columns];
      }
    }
    MatMulEmitter.Weight weight =
        products.weight(
            constant.owner(),
            tensor.getName(),
            matrix,
            columns,
            options.compensates() && !product.turnsInput()
                ? hessians.of(scope, product.node().getInput(0))
                : null);
    weights.put(key, weight);
    replaced(constant);
    return weight;
  }

  // ---- what is not needed any more ----

  private void replaced(GraphScope.Constant constant) {
    replaced
        .computeIfAbsent(constant.owner(), owner -> new HashSet<>())
        .add(constant.tensor().getName());
  }

  /** Drops the FP32 weights of this graph that nothing reads any more, and what gave them on. */
  void dropReplaced(GraphScope scope) {
    Map<String, Integer> readers = new HashMap<>();
    GraphNames.used(scope.graph().build(), name -> readers.merge(name, 1, Integer::sum));
    List<NodeProto> nodes = new ArrayList<>();
    List<NodeProto> all = scope.graph().getNodeList();
    for (int i = all.size() - 1; i >= 0; i--) { // readers come after what they read
      NodeProto node = all.get(i);
      boolean unread =
          node.getOutputCount() == 1 && readers.getOrDefault(node.getOutput(0), 0) == 0;
      if (unread && isOfReplaced(scope, node)) {
        node.getInputList().forEach(input -> readers.merge(input, -1, Integer::sum));
      } else {
        nodes.add(node);
      }
    }
    if (nodes.size() < all.size()) {
      Collections.reverse(nodes);
      scope.graph().clearNode().addAllNode(nodes);
    }
    Set<String> names = replaced.getOrDefault(scope, Set.of());
    List<TensorProto> tensors =
        scope.graph().getInitializerList().stream()
            .filter(
                tensor ->
                    !names.contains(tensor.getName())
                        || readers.getOrDefault(tensor.getName(), 0) > 0)
            .toList();
    scope.graph().clearInitializer().addAllInitializer(tensors);
  }

  /** Says whether a node is a Constant that was quantized, or gives on what was. */
  private boolean isOfReplaced(GraphScope scope, NodeProto node) {
    if (!NodeProtos.is(node, "Constant") && !scope.isViewOfConstant(node)) {
      return false;
    }
    GraphScope.Constant constant = scope.constant(node.getOutput(0));
    return constant != null
        && replaced.getOrDefault(constant.owner(), Set.of()).contains(constant.tensor().getName());
  }
}
