package dev.inproc.inference.onnx.quantize;

import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
  private static final double[] BALANCES = {0.3, 0.4, 0.5, 0.6, 0.7, 0.8};

  /** How much of the error of rounding weights is left if it is compensated: roughly measured. */
  private static final double COMPENSATED = 0.25;

  private static final double WORTH_IT = 0.7; // of the error without it, since it costs a Mul
  private static final int MAX_EXPONENT = 12; // 4,096: no factor takes a value near overflow

  private final ModelFile file;
  private final GraphScope scope;
  private final ProductInputs inputs;
  private final double weightShare;
  private final Map<String, float[]> factors = new HashMap<>();

  private Smoothing(
      ModelFile file, GraphScope scope, ProductInputs inputs, QuantizeOptions options) {
    this.file = file;
    this.scope = scope;
    this.inputs = inputs;
    weightShare = options.compensates() ? COMPENSATED : 1;
  }

  /**
   * Finds the factors for a model's outermost graph; none for the schemes that have no use for
   * them, and none, with a note, if the model cannot be run.
   */
  static Smoothing of(
      ModelFile file,
      GraphScope scope,
      ProductInputs inputs,
      Calibration calibration,
      QuantizeOptions options)
      throws IOException {
    Smoothing smoothing = new Smoothing(file, scope, inputs, options);
    if (options.smooths()) {
      smoothing.choose(calibration);
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

  private boolean isCandidate(String input) {
    // A weight that is read elsewhere too is there once, so it has no factors of its own. An
    // activation hardly below 0 is not smoothed: a small factor would cost the many levels above.
    return !inputs.sharesWeights(input) && inputs.zeroPoint(input) == ZeroPoints.MIDDLE;
  }

  private void choose(Calibration calibration) throws IOException {
    Map<String, Channels> seen = new LinkedHashMap<>();
    for (String input : inputs.names()) {
      if (isCandidate(input)) {
        seen.put(input, Channels.of(inputs.width(input)));
      }
    }
    // Every fifth made-up example: they have all four lengths, and more say little.
    int examples = calibration.isGenerated() ? calibration.size() / 5 : calibration.size();
    calibration.run(
        List.copyOf(seen.keySet()),
        examples,
        (input, rows) ->
            seen.computeIfPresent(
                input,
                (any, channels) -> {
                  channels.add(rows, examples);
                  return channels;
                }));
    if (calibration.note().isEmpty()) {
      choose(seen);
    }
  }

  private void choose(Map<String, Channels> calibrated) throws IOException {
    for (Map.Entry<String, Channels> each : calibrated.entrySet()) {
      Channels channels = each.getValue();
      List<float[]> matrices = new ArrayList<>();
      for (ProductNode product : inputs.readers(each.getKey())) {
        GraphScope.Constant weight = product.weight();
        if (weight != null) {
          TensorProto tensor = weight.tensor();
          matrices.add(product.matrix(file, tensor));
        }
      }
      if (channels.isFinite() && matrices.stream().allMatch(WeightMath::isFinite)) {
        float[] best = best(channels, matrices, weightShare);
        if (best != null) {
          factors.put(each.getKey(), best);
        }
      }
    }
  }

  static float @Nullable [] best(Channels channels, List<float[]> matrices, double weightShare) {
    int width = channels.largest().length;
    float[] none = new float[width];
    Arrays.fill(none, 1);
    double least = WORTH_IT * error(channels, matrices, none, weightShare);
    float[] best = null;
    for (double balance : BALANCES) {
      float[] factors = factors(channels, matrices, balance);
      double error = error(channels, matrices, factors, weightShare);
      if (error < least) {
        least = error;
        best = factors;
      }
    }
    return best;
  }

  private static float[] factors(Channels channels, List<float[]> matrices, double balance) {
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
      Channels channels, List<float[]> matrices, float[] factors, double weightShare) {
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
        error += weightShare * peak * peak * squares;
      }
    }
    return error;
  }
}
