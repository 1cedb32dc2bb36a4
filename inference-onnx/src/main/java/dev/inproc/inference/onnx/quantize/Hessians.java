package dev.inproc.inference.onnx.quantize;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Sums up the activations that products see, and gives the compensation for each. The sums of a few
 * activations are held at a time, within a limit on their bytes; the model is run again for the
 * next.
 */
final class Hessians {
  private static final long MAX_BYTES = 64L << 20; // of all sums held at a time
  private static final int MAX_ROWS = 4096; // of each activation; more cost time and change little
  private static final int MAX_EXAMPLES = 512;

  private final Calibration calibration;
  private final ProductInputs inputs;
  private final Smoothing smoothing;
  private final GraphScope scope;
  private final QuantizeOptions options;
  private final Map<String, GramMatrix> sums = new LinkedHashMap<>();
  // Until every product that reads the activation has asked.
  private final Map<String, Optional<ErrorCompensation>> factors = new HashMap<>();
  private final Map<String, Integer> asked = new HashMap<>();

  Hessians(
      Calibration calibration,
      ProductInputs inputs,
      Smoothing smoothing,
      GraphScope scope,
      QuantizeOptions options) {
    this.calibration = calibration;
    this.inputs = inputs;
    this.smoothing = smoothing;
    this.scope = scope;
    this.options = options;
  }

  /** Returns the compensation for a product with this activation; null for plain rounding. */
  @Nullable ErrorCompensation of(GraphScope where, String input) {
    if (where != scope || !isUsable(input)) {
      return null;
    }
    Optional<ErrorCompensation> known = factors.get(input);
    if (known == null) {
      if (!sums.containsKey(input)) {
        sum(input);
      }
      GramMatrix gram = sums.remove(input);
      known =
          Optional.ofNullable(gram == null || gram.rows() == 0 ? null : ErrorCompensation.of(gram));
      factors.put(input, known);
    }
    if (asked.merge(input, 1, Integer::sum) >= inputs.readers(input).size()) {
      factors.remove(input);
    }
    return known.orElse(null);
  }

  private boolean isUsable(String input) {
    int width = inputs.width(input);
    return calibration.note().isEmpty()
        && width > 0
        && width <= ErrorCompensation.MAX_WIDTH
        && !inputs.sharesWeights(input);
  }

  /** Sums up this activation and as many of those after it as the limit allows. */
  private void sum(String first) {
    sums.clear();
    List<String> group = new ArrayList<>();
    long bytes = 0;
    for (String name : inputs.names()) {
      if (name.equals(first) || (!group.isEmpty() && isUsable(name))) {
        bytes += GramMatrix.bytes(inputs.width(name));
        if (!group.isEmpty() && bytes > MAX_BYTES) {
          break;
        }
        group.add(name);
        sums.put(name, new GramMatrix(inputs.width(name)));
      }
    }
    int examples = Math.min(MAX_EXAMPLES, calibration.size());
    calibration.run(group, examples, (name, rows) -> add(name, rows, MAX_ROWS / examples));
    if (!calibration.note().isEmpty()) {
      sums.clear(); // of a part of the examples
    }
  }

  private void add(String name, float[] rows, int limit) {
    GramMatrix gram = sums.get(name);
    if (gram == null) {
      return;
    }
    int width = gram.width();
    int all = rows.length / width;
    int count = Math.min(all, limit);
    float[] factors = smoothing.factors(scope, name);
    float[] seen = new float[count * width];
    int kept = 0;
    for (int i = 0; i < count; i++) {
      int from = (int) ((long) i * all / count) * width; // evenly spread
      int to = kept * width;
      for (int c = 0; c < width; c++) {
        seen[to + c] = factors == null ? rows[from + c] : rows[from + c] / factors[c];
      }
      if (options.scheme() == Scheme.ROWWISE_INT8) {
        RowRounding.round(seen, to, width, inputs.zeroPoint(name));
      }
      kept += WeightMath.isFinite(seen, to, width) ? 1 : 0;
    }
    gram.add(seen, kept);
  }
}
