package dev.inproc.inference.onnx.quantize;

import dev.inproc.inference.engine.CpuFeatures;
import java.util.Map;

/**
 * How long a model takes beside its FP32 form, by what its graph is. On a CPU these are ratios that
 * were measured on one machine with one model, see docs/quantization.md; on a GPU, rough figures of
 * what it is built for. Another machine or model may well order two variants the other way round.
 */
final class TimeEstimate {
  private static final double FP32 = 1;
  private static final double CONVERTED = 1.5; // to FP32 and back
  private static final double WITHOUT_VNNI = 1.5; // weights are unsigned there

  private TimeEstimate() {}

  /** Returns the time as a multiple of FP32's. */
  static double of(ModelSummary summary, boolean cpu) {
    return cpu ? onCpu(summary) : onGpu(summary);
  }

  private static double onCpu(ModelSummary summary) {
    if (!summary.schemes().isEmpty()) {
      return summary.schemes().stream().mapToDouble(TimeEstimate::onCpu).max().orElseThrow();
    }
    if (summary.products().containsKey(Precision.INT8)) {
      return onCpu(Scheme.DYNAMIC_INT8); // static: the same products
    }
    return switch (summary.precision()) {
      case FP32, INT8 -> FP32;
      default -> CONVERTED;
    };
  }

  private static double onCpu(Scheme scheme) {
    double unsigned = CpuFeatures.addsBytesExactly() ? 1 : WITHOUT_VNNI;
    return switch (scheme) {
      case ROWWISE_INT8 -> 0.39 * unsigned;
      case DYNAMIC_INT8 -> 0.46 * unsigned;
      case BLOCKWISE_INT8 -> 0.83;
      case BLOCKWISE_INT4 -> 0.92;
    };
  }

  private static double onGpu(ModelSummary summary) {
    if (summary.precision() == Precision.FP16 || summary.precision() == Precision.BF16) {
      return 0.5;
    }
    Map<Precision, Integer> products = summary.products();
    boolean blockwise =
        summary.schemes().contains(Scheme.BLOCKWISE_INT8)
            || summary.schemes().contains(Scheme.BLOCKWISE_INT4);
    if (products.containsKey(Precision.INT8) && !blockwise) {
      return 2;
    }
    return products.containsKey(Precision.INT4) ? 0.8 : FP32;
  }
}
