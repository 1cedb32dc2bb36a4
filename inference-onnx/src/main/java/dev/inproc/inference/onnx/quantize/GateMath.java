package dev.inproc.inference.onnx.quantize;

import dev.inproc.inference.engine.Integrity;
import dev.inproc.inference.tensor.DataType;
import dev.inproc.inference.tensor.Tensor;
import dev.inproc.inference.tensor.Tensors;
import java.util.List;

/** Adds up how far vectors are from each other. */
final class GateMath {
  private static final double Z_95 = 1.959964; // of the normal distribution, two-sided

  private int count;
  private int agreeing;
  private double cosines;
  private double least = Double.POSITIVE_INFINITY;
  private double error;

  static float[] allFloats(Tensors answer) {
    int size = 0;
    for (Tensor tensor : answer.asMap().values()) {
      size += tensor.type() == DataType.FLOAT32 ? tensor.elements() : 0;
    }
    float[] all = new float[size];
    int at = 0;
    for (Tensor tensor : answer.asMap().values()) {
      if (tensor.type() == DataType.FLOAT32) {
        float[] values = tensor.toFloats();
        System.arraycopy(values, 0, all, at, values.length);
        at += values.length;
      }
    }
    return all;
  }

  void add(float[] expected, float[] actual) {
    count++;
    if (expected.length != actual.length || expected.length == 0) {
      least = Double.NEGATIVE_INFINITY; // not comparable: as far off as can be
      error = Double.POSITIVE_INFINITY;
      cosines = Double.NaN;
      return;
    }
    double product = 0;
    double a = 0;
    double b = 0;
    for (int i = 0; i < expected.length; i++) {
      product += (double) expected[i] * actual[i];
      a += (double) expected[i] * expected[i];
      b += (double) actual[i] * actual[i];
      double difference = Math.abs((double) expected[i] - actual[i]);
      error = difference <= error ? error : Double.isNaN(difference) ? nan() : difference;
    }
    double cosine = a == 0 && b == 0 ? 1 : product / Math.sqrt(a * b);
    cosines += cosine;
    least = cosine >= least ? least : Double.isNaN(cosine) ? Double.NEGATIVE_INFINITY : cosine;
    agreeing += largest(expected) == largest(actual) ? 1 : 0;
  }

  private static double nan() {
    return Double.POSITIVE_INFINITY;
  }

  private static int largest(float[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }

  GateReport report(double metric, Integrity integrity) {
    return new GateReport(
        count,
        least,
        cosines / count,
        error,
        (double) agreeing / count,
        wilson(agreeing, count),
        metric,
        integrity.toString(),
        List.of());
  }

  /** The lower end of Wilson's score interval (1927), which holds for shares near 1 too. */
  static double wilson(int successes, int trials) {
    double share = (double) successes / trials;
    double z = Z_95 * Z_95 / trials;
    double centre = share + z / 2;
    double spread = Z_95 * Math.sqrt((share * (1 - share) + z / 4) / trials);
    return Math.max(0, (centre - spread) / (1 + z));
  }
}
