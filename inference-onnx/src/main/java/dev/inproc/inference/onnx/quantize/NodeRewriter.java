package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
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
  private final Products products;
  private final Smoothing smoothing;
  private final ZeroPoints zeroPoints = new ZeroPoints();

  /** Weights that were quantized already: by owner, name, orientation and factor. */
  private final Map<Key, Products.Weight> weights = new HashMap<>();

  private final Map<Key, Boolean> finite = new HashMap<>();
  private final Map<GraphScope, Set<String>> replaced = new HashMap<>();

  private record Key(GraphScope owner, String name, boolean transposed, float factor) {}

  NodeRewriter(
      ModelFile file, GraphEdit edit, QuantizeOptions options, Smoothing smoothing, NodeLog log) {
    this.smoothing = smoothing;
    this.file = file;
    this.edit = edit;
    this.options = options;
    this.log = log;
    products = new Products(edit, options);
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
    return options.embeddings() && Nodes.is(node, "Gather") && lookup(scope, node);
  }

  // ---- MatMul and Gemm ----

  private boolean product(GraphScope scope, NodeProto node) throws IOException {
    ProductNode product = ProductNode.of(file, scope, node, options);
    GraphScope.Constant weight = product.weight();
    if (product.obstacle() != null || weight == null) {
      log.left(node, String.valueOf(product.obstacle()));
      return false;
    }
    float[] factors = smoothing.factors(scope, node.getInput(0));
    Products.Weight quantized = quantized(product, weight, factors);
    if (quantized == null) {
      log.left(node, "its weight has values that are NaN or infinite");
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
                Nodes.integers("perm", 1L, 0L));
        scope.quantized.put(key, known);
      }
      input = known;
    }
    String output = node.getOutput(0);
    if (factors != null) {
      input = smoothed(scope, input, factors);
    }
    boolean hasBias = gemm && node.getInputCount() > 2 && !node.getInput(2).isEmpty();
    float beta = gemm ? Nodes.number(node, "beta", 1) : 1;
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
              Tensors.bytes(inverse));
      known = edit.add(scope, "", "Mul", List.of(input, divisors), input + "/smoothed");
      scope.quantized.put(key, known);
    }
    return known;
  }

  private Products.@Nullable Weight quantized(
      ProductNode product, GraphScope.Constant constant, float @Nullable [] factors)
      throws IOException {
    TensorProto tensor = constant.tensor();
    Key key = new Key(constant.owner(), tensor.getName(), product.turned(), product.factor());
    if (Boolean.FALSE.equals(finite.get(key))) {
      return null;
    }
    Products.Weight known = weights.get(key);
    if (known != null) {
      return known;
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
    Products.Weight weight =
        products.weight(constant.owner(), tensor.getName(), matrix, product.rows(tensor), columns);
    weights.put(key, weight);
    replaced(constant);
    return weight;
  }

  // ---- embeddings ----

  private boolean lookup(GraphScope scope, NodeProto node) throws IOException {
    if (node.getInputCount() != 2 || Nodes.integer(node, "axis", 0) != 0) {
      return false;
    }
    GraphScope.Constant table = scope.constant(node.getInput(0));
    if (table == null
        || table.tensor().getDataType() != DataType.FLOAT_VALUE
        || table.tensor().getDimsCount() != 2
        || scope.constant(node.getInput(1)) != null) {
      return false; // a choice of dimensions, more often than not
    }
    int elements = Tensors.elements(file, table.tensor());
    if (options.withoutNodes().contains(Nodes.name(node)) || elements < options.minElements()) {
      log.left(node, elements < options.minElements() ? elements + " elements" : "excluded");
      return false;
    }
    Products.Weight rows = rows(table);
    if (rows == null) {
      log.left(node, "its table has values that are NaN or infinite");
      return false;
    }
    String ids = node.getInput(1);
    String output = node.getOutput(0);
    String bytes = edit.add(scope, "", "Gather", List.of(rows.values(), ids), output + "/bytes");
    String floats =
        edit.add(
            scope,
            "",
            "Cast",
            List.of(bytes),
            output + "/floats",
            Nodes.integer("to", DataType.FLOAT_VALUE));
    String scale = edit.add(scope, "", "Gather", List.of(rows.scales(), ids), output + "/scale");
    edit.addAs(scope, "", "Mul", List.of(floats, scale), List.of(output));
    log.changed(node, "[" + rows.rows() + ", " + rows.columns() + "]");
    return true;
  }

  /** A table is a weight whose factor is NaN, as no Gemm's is. */
  private Products.@Nullable Weight rows(GraphScope.Constant table) throws IOException {
    TensorProto tensor = table.tensor();
    Key key = new Key(table.owner(), tensor.getName(), false, Float.NaN);
    Products.Weight known = weights.get(key);
    if (known != null || Boolean.FALSE.equals(finite.get(key))) {
      return known;
    }
    float[] values = Tensors.floats(file, tensor);
    if (!WeightMath.isFinite(values)) {
      finite.put(key, false);
      return null;
    }
    int rows = (int) tensor.getDims(0);
    int columns = (int) tensor.getDims(1);
    WeightMath.Quantized quantized = WeightMath.byRow(values, rows, columns);
    String bytes =
        edit.constant(
            table.owner(),
            tensor.getName() + "/rows",
            DataType.INT8_VALUE,
            tensor.getDimsList(),
            quantized.values());
    String scales =
        edit.constant(
            table.owner(),
            tensor.getName() + "/row_scales",
            DataType.FLOAT_VALUE,
            List.of((long) rows, 1L),
            Tensors.bytes(quantized.scales()));
    Products.Weight weight = new Products.Weight(bytes, scales, rows, columns);
    weights.put(key, weight);
    replaced(table);
    return weight;
  }

  // ---- what is not needed any more ----

  private void replaced(GraphScope.Constant constant) {
    replaced
        .computeIfAbsent(constant.owner(), owner -> new HashSet<>())
        .add(constant.tensor().getName());
  }

  /** Drops the FP32 weights of this graph that nothing reads any more. */
  void dropReplaced(GraphScope scope) {
    Set<String> names = new HashSet<>(replaced.getOrDefault(scope, Set.of()));
    if (names.isEmpty()) {
      return;
    }
    Set<String> used = new HashSet<>();
    Names.used(scope.graph().build(), used::add);
    names.removeAll(used);
    List<TensorProto> tensors =
        scope.graph().getInitializerList().stream()
            .filter(tensor -> !names.contains(tensor.getName()))
            .toList();
    scope.graph().clearInitializer().addAllInitializer(tensors);
    List<NodeProto> nodes =
        scope.graph().getNodeList().stream()
            .filter(node -> !(Nodes.is(node, "Constant") && names.contains(node.getOutput(0))))
            .toList();
    scope.graph().clearNode().addAllNode(nodes);
  }
}
