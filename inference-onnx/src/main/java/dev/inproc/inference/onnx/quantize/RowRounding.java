package dev.inproc.inference.onnx.quantize;

/** What the row-wise scheme makes of a row of an activation, in FP32. */
final class RowRounding {
  private static final int LEVELS = 255;

  private RowRounding() {}

  /** Replaces a row by what its bytes stand for; see {@link MatMulEmitter} for the scale. */
  static void round(float[] values, int start, int width, int zeroPoint) {
    float above = 0;
    float below = 0;
    for (int i = start; i < start + width; i++) {
      above = Math.max(above, values[i]);
      below = Math.max(below, -values[i]);
    }
    float scale =
        zeroPoint == ZeroPoints.MIDDLE
            ? Math.max(above, below) / (LEVELS - zeroPoint)
            : zeroPoint == ZeroPoints.NONE_BELOW
                ? above / LEVELS
                : Math.max(above / (LEVELS - zeroPoint), below / zeroPoint);
    if (!(scale > 0)) {
      return;
    }
    for (int i = start; i < start + width; i++) {
      values[i] = (float) Math.rint(values[i] / scale) * scale;
    }
  }
}
