package dev.inproc.inference.onnx.quantize;

/**
 * The channels of one activation.
 *
 * @param largest the largest size seen in each
 * @param squares the mean square of each
 */
record Channels(float[] largest, double[] squares) {
  static Channels of(int width) {
    return new Channels(new float[width], new double[width]);
  }

  /** Adds the rows of one of so many examples, which all count alike. */
  void add(float[] rows, int examples) {
    int width = largest.length;
    double share = 1.0 / examples / Math.max(1, rows.length / width);
    for (int start = 0; start + width <= rows.length; start += width) {
      for (int i = 0; i < width; i++) {
        float value = rows[start + i];
        largest[i] = Math.max(largest[i], Math.abs(value));
        squares[i] += (double) value * value * share;
      }
    }
  }

  boolean isFinite() {
    boolean finite = true;
    for (int i = 0; i < largest.length; i++) {
      finite &= Float.isFinite(largest[i]) && Double.isFinite(squares[i]);
    }
    return finite;
  }
}
