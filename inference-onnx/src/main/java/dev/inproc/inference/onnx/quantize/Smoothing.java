package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.inproc.inference.InferenceException;
import dev.inproc.inference.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a few channels of an activation are far larger than the others, they set every row's scale
 * and the others keep few levels. Dividing each channel by a factor and multiplying the weight's
 * row with it changes nothing in real numbers and evens them out: SmoothQuant (Xiao et al., 2023).
 * Here the factors come from the channels' mean squares, are powers of two, so that neither step
 * rounds and the last bits of the calibration do not show, and are used only where the error that
 * they predict is well below that without.
 */
final class Smoothing {
  /** How much of the spread goes to the weight; SmoothQuant uses 0.5. */
  private static final double[] BALANCES = {0.3, 0.4, 0.5, 0.6, 0.7};

  private static final double WORTH_IT = 0.7; // of the error without it, since it costs a Mul
  private static final int MAX_EXPONENT = 12; // 4,096: no factor takes a value near overflow

  private final ModelFile file;
  private final GraphScope scope;
  private final QuantizeOptions options;

  /** The products that read an activation, by its name. */
  private final Map<String, List<ProductNode>> readers = new LinkedHashMap<>();

  private final Map<String, float[]> factors = new HashMap<>();
  private String note = "";

  private Smoothing(ModelFile file, GraphScope scope, QuantizeOptions options) {
    this.file = file;
    this.scope = scope;
    this.options = options;
  }

  /**
   * Finds the factors for a model's outermost graph; none for the schemes that have no use for
   * them, and none, with a note, if the model cannot be run.
   */
  static Smoothing of(
      ModelFile file,
      ModelProto model,
      GraphScope scope,
      ConstantUses uses,
      long opset,
      QuantizeOptions options,
      List<Tensors> examples,
      Path beside)
      throws IOException {
    Smoothing smoothing = new Smoothing(file, scope, options);
    if (options.smoothing() && options.scheme() == Scheme.ROWWISE_INT8) {
      Map<String, Integer> widths = smoothing.candidates(uses);
      if (!widths.isEmpty()) {
        try {
          smoothing.choose(Calibration.of(file, model, opset, widths, examples, beside));
        } catch (InferenceException | IllegalArgumentException e) {
          smoothing.note = "not smoothed, the model could not be run: " + e.getMessage();
        }
      }
    }
    return smoothing;
  }

  /** Returns what each channel of this activation is divided by, or null for nothing. */
  float @Nullable [] factors(GraphScope where, String input) {
    return where == scope ? factors.get(input) : null;
  }

  int count() {
    return factors.size();
  }

  String note() {
    return note;
  }

  private Map<String, Integer> candidates(ConstantUses uses) {
    Set<String> shared = new HashSet<>();
    ZeroPoints zeroPoints = new ZeroPoints();
    zeroPoints.add(scope.graph().getNodeList());
    for (NodeProto node : scope.graph().getNodeList()) {
      if (ProductNode.is(node)) {
        ProductNode product = ProductNode.of(file, scope, node, options);
        String input = node.getInput(0);
        // A weight that is read elsewhere too is there once, so it has no factors of its own.
        GraphScope.Constant weight = product.weight();
        if (weight != null && uses.of(weight).count() != 1) {
          shared.add(input);
        }
        // What is hardly below 0 is not: a small factor there would cost the many levels above.
        if (product.obstacle() == null
            && !product.turnsInput()
            && zeroPoints.of(input) == ZeroPoints.MIDDLE) {
          readers.computeIfAbsent(input, any -> new ArrayList<>()).add(product);
        }
      }
    }
    readers.keySet().removeAll(shared);
    Map<String, Integer> widths = new LinkedHashMap<>();
    readers.forEach((input, all) -> widths.put(input, width(all)));
    widths.values().removeIf(width -> width < 2);
    return widths;
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

  private void choose(Map<String, Calibration.Channels> calibrated) throws IOException {
    for (Map.Entry<String, Calibration.Channels> each : calibrated.entrySet()) {
      Calibration.Channels channels = each.getValue();
      List<float[]> matrices = new ArrayList<>();
      for (ProductNode product : readers.getOrDefault(each.getKey(), List.of())) {
        GraphScope.Constant weight = product.weight();
        if (weight != null) {
          TensorProto tensor = weight.tensor();
          matrices.add(product.matrix(file, tensor));
        }
      }
      if (channels.isFinite() && matrices.stream().allMatch(WeightMath::isFinite)) {
        float[] best = best(channels, matrices);
        if (best != null) {
          factors.put(each.getKey(), best);
        }
      }
    }
  }

  static float @Nullable [] best(Calibration.Channels channels, List<float[]> matrices) {
    int width = channels.largest().length;
    float[] none = new float[width];
    Arrays.fill(none, 1);
    double least = WORTH_IT * error(channels, matrices, none);
    float[] best = null;
    for (double balance : BALANCES) {
      float[] factors = factors(channels, matrices, balance);
      double error = error(channels, matrices, factors);
      if (error < least) {
        least = error;
        best = factors;
      }
    }
    return best;
  }

  private static float[] factors(
      Calibration.Channels channels, List<float[]> matrices, double balance) {
    int width = channels.largest().length;
    double[] exponents = new double[width];
    double sum = 0;
    int counted = 0;
    for (int row = 0; row < width; row++) {
      double weight = 0;
      for (float[] matrix : matrices) {
        int columns = matrix.length / width;
        for (int i = row * columns; i < (row + 1) * columns; i++) {
          weight = Math.max(weight, Math.abs(matrix[i]));
        }
      }
      double size = Math.sqrt(channels.squares()[row]);
      exponents[row] = balance * log2(size) - (1 - balance) * log2(weight);
      if (Double.isFinite(exponents[row])) {
        sum += exponents[row];
        counted++;
      }
    }
    float[] factors = new float[width];
    double mean = counted == 0 ? 0 : sum / counted;
    for (int row = 0; row < width; row++) {
      double exponent = Double.isFinite(exponents[row]) ? exponents[row] - mean : 0;
      long rounded = Math.max(-MAX_EXPONENT, Math.min(MAX_EXPONENT, Math.round(exponent)));
      factors[row] = Math.scalb(1f, (int) rounded);
    }
    return factors;
  }

  private static double log2(double value) {
    return Math.log(value) / Math.log(2);
  }

  /**
   * The mean square error of rounding, but for a constant: activations by a scale for the row's
   * largest value, times the weights; and weights by a scale for each column's, times activations.
   */
  private static double error(
      Calibration.Channels channels, List<float[]> matrices, float[] factors) {
    int width = factors.length;
    double largest = 0;
    double squares = 0;
    for (int row = 0; row < width; row++) {
      largest = Math.max(largest, channels.largest()[row] / factors[row]);
      squares += channels.squares()[row] / ((double) factors[row] * factors[row]);
    }
    double error = 0;
    for (float[] matrix : matrices) {
      int columns = matrix.length / width;
      double[] peaks = new double[columns];
      for (int i = 0; i < matrix.length; i++) {
        double value = Math.abs(matrix[i] * factors[i / columns]);
        error += largest * largest * value * value;
        peaks[i % columns] = Math.max(peaks[i % columns], value);
      }
      for (double peak : peaks) {
        error += peak * peak * squares;
      }
    }
    return error;
  }
}
