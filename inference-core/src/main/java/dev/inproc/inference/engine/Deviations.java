package dev.inproc.inference.engine;

import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.List;

/** The distance of answers from the answers that the same examples get alone. */
final class Deviations {
  private final double[] scales; // each output's largest finite value

  /** Learns the outputs' scales from the answers of examples run alone. */
  Deviations(List<Tensors> alone) {
    scales = new double[alone.get(0).size()];
    for (Tensors answer : alone) {
      for (int i = 0; i < scales.length; i++) {
        scales[i] = Math.max(scales[i], largest(answer.at(i)));
      }
    }
  }

  private static double largest(Tensor tensor) {
    double largest = 0;
    for (int i = 0; tensor.type().hasFixedSize() && i < tensor.elements(); i++) {
      double value = Math.abs(value(tensor, i));
      largest = value < Double.POSITIVE_INFINITY ? Math.max(largest, value) : largest;
    }
    return largest;
  }

  /** The deviation of one output, relative to its scale. */
  double of(int output, Tensors alone, Tensors other) {
    Tensor a = alone.at(output);
    Tensor b = other.at(output);
    if (!a.shape().equals(b.shape())) {
      return Double.POSITIVE_INFINITY;
    }
    if (!a.type().hasFixedSize()) {
      return a.equals(b) ? 0 : Double.POSITIVE_INFINITY;
    }
    double worst = 0;
    for (int i = 0; i < a.elements(); i++) {
      worst = Math.max(worst, difference(value(a, i), value(b, i)));
    }
    return worst == 0 ? 0 : worst / scales[output];
  }

  private static double difference(double a, double b) {
    if (Double.compare(a, b) == 0 || a == b) {
      return 0; // NaN equals NaN here, and an infinity itself
    }
    double difference = Math.abs(a - b);
    return Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference;
  }

  private static double value(Tensor tensor, int index) {
    return switch (tensor.type()) {
      case FLOAT32, FLOAT16, BFLOAT16 -> tensor.getFloat(index);
      case FLOAT64 -> tensor.getDouble(index);
      case STRING, SEQUENCE -> throw new IllegalArgumentException(tensor + " has no value");
      default -> tensor.getLong(index);
    };
  }
}
