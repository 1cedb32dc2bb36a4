package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes the product of an activation and a quantized weight, as each scheme has it. */
final class MatMulEmitter {
  private static final int ZERO_POINT = 128; // of unsigned weights

  // Before a name, to tell what is kept of it: no name in a graph begins so.
  private static final String SCALE = "\0scale of ";
  private static final String ZERO = "\0zero point of ";

  private final GraphEdit edit;
  private final QuantizeOptions options;

  MatMulEmitter(GraphEdit edit, QuantizeOptions options) {
    this.edit = edit;
    this.options = options;
  }

  /**
   * A weight in the model.
   *
   * @param values the name of its bytes
   * @param scales the name of its scales
   * @param rows what it is multiplied over
   * @param columns what comes out
   */
  record Weight(String values, String scales, int rows, int columns) {}

  /** Quantizes a matrix of so many columns and adds it to the graph that had it. */
  Weight weight(
      GraphScope owner,
      String name,
      float[] matrix,
      int columns,
      @Nullable ErrorCompensation compensation)
      throws IOException {
    int rows = matrix.length / columns;
    return switch (options.scheme()) {
      case ROWWISE_INT8, DYNAMIC_INT8 -> {
        boolean signed = options.signedWeights();
        WeightMath.Quantized quantized =
            WeightMath.byColumn(matrix, rows, columns, signed ? 0 : ZERO_POINT, compensation);
        int type = signed ? DataType.INT8_VALUE : DataType.UINT8_VALUE;
        yield add(
            owner, name, quantized, type, List.of((long) rows, (long) columns), rows, columns);
      }
      case BLOCKWISE_INT8 -> blocks(owner, name, matrix, columns, 8, compensation);
      case BLOCKWISE_INT4 -> blocks(owner, name, matrix, columns, 4, compensation);
    };
  }

  private Weight blocks(
      GraphScope owner,
      String name,
      float[] matrix,
      int columns,
      int bits,
      @Nullable ErrorCompensation compensation)
      throws IOException {
    int rows = matrix.length / columns;
    int block = options.blockSize();
    long blocks = ((long) rows + block - 1) / block;
    WeightMath.Quantized quantized = BlockMath.byBlock(matrix, columns, block, bits, compensation);
    List<Long> dims = List.of((long) columns, blocks, (long) block * bits / 8);
    return add(owner, name, quantized, DataType.UINT8_VALUE, dims, rows, columns);
  }

  private Weight add(
      GraphScope owner,
      String name,
      WeightMath.Quantized quantized,
      int type,
      List<Long> dims,
      int rows,
      int columns)
      throws IOException {
    String values = edit.constant(owner, name + "/quantized", type, dims, quantized.values());
    float[] scales = quantized.scales();
    List<Long> scaleDims =
        scales.length == columns
            ? List.of((long) columns)
            : List.of((long) columns, (long) scales.length / columns);
    String scaleName =
        edit.constant(
            owner, name + "/scale", DataType.FLOAT_VALUE, scaleDims, TensorProtos.bytes(scales));
    return new Weight(values, scaleName, rows, columns);
  }

  /**
   * Writes input times weight, under this name.
   *
   * @param zeroPoint which byte stands for 0 in the row-wise scheme
   */
  void product(GraphScope scope, String input, Weight weight, int zeroPoint, String output)
      throws IOException {
    switch (options.scheme()) {
      case ROWWISE_INT8 -> rowwise(scope, input, weight, zeroPoint, output);
      case DYNAMIC_INT8 -> dynamic(scope, input, weight, output);
      case BLOCKWISE_INT8 -> blockwise(scope, input, weight, output, 8);
      case BLOCKWISE_INT4 -> blockwise(scope, input, weight, output, 4);
    }
  }

  // Of the equivalent forms the fastest, by docs/quantization.md: QuantizeLinear with one scale for
  // each row of [-1, K], and the fused product with the scale 1, since it takes no scale by row.
  // ONNX Runtime's own QuantizeLinear has an axis in every opset.
  private void rowwise(GraphScope scope, String input, Weight weight, int zeroPoint, String output)
      throws IOException {
    String bytes = scope.quantized.get(input);
    if (bytes == null) {
      String scale = rowScale(scope, input, zeroPoint);
      String scales =
          edit.add(scope, "", "Reshape", List.of(scale, edit.integers(-1L)), input + "/scales");
      String zeros = edit.repeated(scope, zeroPoint, scales, input + "/zero_points");
      String rows =
          edit.add(
              scope,
              "",
              "Reshape",
              List.of(input, edit.integers(-1L, (long) weight.rows())),
              input + "/rows");
      String flat =
          edit.add(
              scope,
              NodeProtos.MICROSOFT,
              "QuantizeLinear",
              List.of(rows, scales, zeros),
              input + "/row_bytes",
              NodeProtos.integer("axis", 0));
      String shape = edit.add(scope, "", "Shape", List.of(input), input + "/shape");
      bytes = edit.add(scope, "", "Reshape", List.of(flat, shape), input + "/bytes");
      scope.quantized.put(input, bytes);
      scope.quantized.put(SCALE + input, scale);
    }
    List<String> inputs =
        new ArrayList<>(
            List.of(
                bytes,
                weight.values(),
                edit.scalar(1),
                weight.scales(),
                edit.zeroPoint(zeroPoint)));
    if (!options.signedWeights()) {
      inputs.add(edit.zeroPoint(ZERO_POINT));
    }
    String unscaled =
        edit.add(scope, NodeProtos.MICROSOFT, "MatMulIntegerToFloat", inputs, output + "/unscaled");
    String scale = scope.quantized.getOrDefault(SCALE + input, "");
    edit.addAs(scope, "", "Mul", List.of(unscaled, scale), List.of(output));
  }

  /** The least scale for which no value of the row is cut off. */
  private String rowScale(GraphScope scope, String input, int zeroPoint) throws IOException {
    boolean middle = zeroPoint == ZeroPoints.MIDDLE;
    String above = middle ? edit.add(scope, "", "Abs", List.of(input), input + "/size") : input;
    String largest = edit.reduceLast(scope, "ReduceMax", above, input + "/largest");
    float levels = 255f - zeroPoint;
    if (middle || zeroPoint == ZeroPoints.NONE_BELOW) {
      return edit.add(
          scope, "", "Mul", List.of(largest, edit.scalar(1 / levels)), input + "/scale");
    }
    String least = edit.reduceLast(scope, "ReduceMin", input, input + "/least");
    String up =
        edit.add(scope, "", "Mul", List.of(largest, edit.scalar(1 / levels)), input + "/up");
    String down =
        edit.add(scope, "", "Mul", List.of(least, edit.scalar(-1f / zeroPoint)), input + "/down");
    return edit.add(scope, "", "Max", List.of(up, down), input + "/scale");
  }

  // In the operators of the standard, which ONNX Runtime fuses when it loads them.
  private void dynamic(GraphScope scope, String input, Weight weight, String output)
      throws IOException {
    String bytes = scope.quantized.get(input);
    if (bytes == null) {
      bytes = edit.fresh(input + "/bytes");
      String scale = edit.fresh(input + "/scale");
      String zero = edit.fresh(input + "/zero_point");
      edit.addAs(scope, "", "DynamicQuantizeLinear", List.of(input), List.of(bytes, scale, zero));
      scope.quantized.put(input, bytes);
      scope.quantized.put(SCALE + input, scale);
      scope.quantized.put(ZERO + input, zero);
    }
    String zero = scope.quantized.getOrDefault(ZERO + input, "");
    String scale = scope.quantized.getOrDefault(SCALE + input, "");
    List<String> inputs =
        options.signedWeights()
            ? List.of(bytes, weight.values(), zero)
            : List.of(bytes, weight.values(), zero, edit.zeroPoint(ZERO_POINT));
    String sums = edit.add(scope, "", "MatMulInteger", inputs, output + "/sums");
    String floats =
        edit.add(
            scope,
            "",
            "Cast",
            List.of(sums),
            output + "/floats",
            NodeProtos.integer("to", DataType.FLOAT_VALUE));
    String scales = edit.add(scope, "", "Mul", List.of(scale, weight.scales()), output + "/scales");
    edit.addAs(scope, "", "Mul", List.of(floats, scales), List.of(output));
  }

  private void blockwise(GraphScope scope, String input, Weight weight, String output, int bits) {
    edit.addAs(
        scope,
        NodeProtos.MICROSOFT,
        "MatMulNBits",
        List.of(input, weight.values(), weight.scales()),
        List.of(output),
        NodeProtos.integer("K", weight.rows()),
        NodeProtos.integer("N", weight.columns()),
        NodeProtos.integer("bits", bits),
        NodeProtos.integer("block_size", options.blockSize()),
        NodeProtos.integer("accuracy_level", 4)); // products of bytes
  }
}
