package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tables whose rows are looked up: bytes with a scale for each row. In a tied model the same table,
 * transposed, is the weight of a product, whose columns then have these scales: it is there once,
 * and ONNX Runtime transposes the bytes when it loads the model.
 */
final class Tables {
  private static final int UNSIGNED_ZERO_POINT = 128;

  private final ModelFile file;
  private final GraphEdit edit;
  private final QuantizeOptions options;
  private final ConstantUses uses;
  private final Map<Key, @Nullable Table> tables = new HashMap<>();
  private final Map<Key, MatMulEmitter.Weight> weights = new HashMap<>();

  private record Key(GraphScope owner, String name) {}

  private record Table(String values, String scales, int rows, int columns, int zeroPoint) {}

  Tables(ModelFile file, GraphEdit edit, QuantizeOptions options, ConstantUses uses) {
    this.file = file;
    this.edit = edit;
    this.options = options;
    this.uses = uses;
  }

  private static Key key(GraphScope.Constant table) {
    return new Key(table.owner(), table.tensor().getName());
  }

  /** Returns why a lookup stays as it is; null if nothing stands against its quantization. */
  @Nullable String obstacle(LookupNode lookup) throws IOException {
    if (lookup.obstacle() != null) {
      return lookup.obstacle();
    }
    String other = uses.of(lookup.table()).other();
    if (other != null) {
      return "its table stays in FP32 for " + other;
    }
    return table(lookup.table()) == null ? "its table has values that are NaN or infinite" : null;
  }

  /** Writes a lookup that nothing stands against; returns the table's shape. */
  String lookup(GraphScope scope, LookupNode lookup) throws IOException {
    Table table = table(lookup.table());
    if (table == null) {
      throw new IllegalStateException("A table with an obstacle is not looked up");
    }
    String ids = lookup.node().getInput(1);
    String output = lookup.node().getOutput(0);
    String bytes = edit.add(scope, "", "Gather", List.of(table.values, ids), output + "/bytes");
    String floats =
        edit.add(
            scope,
            "",
            "Cast",
            List.of(bytes),
            output + "/floats",
            NodeProtos.integer("to", DataType.FLOAT_VALUE));
    if (table.zeroPoint != 0) {
      String zero = edit.scalar(table.zeroPoint);
      floats = edit.add(scope, "", "Sub", List.of(floats, zero), output + "/centered");
    }
    String scale = edit.add(scope, "", "Gather", List.of(table.scales, ids), output + "/scale");
    edit.addAs(scope, "", "Mul", List.of(floats, scale), List.of(output));
    return "[" + table.rows + ", " + table.columns + "]";
  }

  /** Returns the table's transpose as a product's weight; null if they cannot share the bytes. */
  MatMulEmitter.@Nullable Weight weight(ProductNode product, GraphScope.Constant constant)
      throws IOException {
    if (!product.turned() || product.factor() != 1 || !isTied(constant)) {
      return null;
    }
    MatMulEmitter.Weight known = weights.get(key(constant));
    Table table = table(constant);
    if (known != null || table == null) {
      return known;
    }
    GraphScope owner = constant.owner();
    String name = constant.tensor().getName();
    String values =
        edit.add(
            owner,
            "",
            "Transpose",
            List.of(table.values),
            name + "/quantized",
            NodeProtos.integers("perm", 1L, 0L));
    String scales =
        edit.add(owner, "", "Reshape", List.of(table.scales, edit.integers(-1L)), name + "/scale");
    MatMulEmitter.Weight weight =
        new MatMulEmitter.Weight(
            values, scales, /* rows= */ table.columns, /* columns= */ table.rows);
    weights.put(key(constant), weight);
    return weight;
  }

  private boolean isTied(GraphScope.Constant constant) {
    boolean sameBytes =
        options.scheme() == Scheme.ROWWISE_INT8 || options.scheme() == Scheme.DYNAMIC_INT8;
    return sameBytes && uses.of(constant).isTied();
  }

  private @Nullable Table table(GraphScope.Constant constant) throws IOException {
    Key key = key(constant);
    if (!tables.containsKey(key)) {
      tables.put(key, quantize(constant));
    }
    return tables.get(key);
  }

  private @Nullable Table quantize(GraphScope.Constant constant) throws IOException {
    TensorProto tensor = constant.tensor();
    float[] values = TensorProtos.floats(file, tensor);
    if (!WeightMath.isFinite(values)) {
      return null;
    }
    int rows = (int) tensor.getDims(0);
    int columns = (int) tensor.getDims(1);
    boolean unsigned = isTied(constant) && !options.signedWeights();
    int zeroPoint = unsigned ? UNSIGNED_ZERO_POINT : 0;
    WeightMath.Quantized quantized = WeightMath.byRow(values, rows, columns, zeroPoint);
    String bytes =
        edit.constant(
            constant.owner(),
            tensor.getName() + "/rows",
            unsigned ? DataType.UINT8_VALUE : DataType.INT8_VALUE,
            tensor.getDimsList(),
            quantized.values());
    String scales =
        edit.constant(
            constant.owner(),
            tensor.getName() + "/row_scales",
            DataType.FLOAT_VALUE,
            List.of((long) rows, 1L),
            TensorProtos.bytes(quantized.scales()));
    return new Table(bytes, scales, rows, columns, zeroPoint);
  }
}
