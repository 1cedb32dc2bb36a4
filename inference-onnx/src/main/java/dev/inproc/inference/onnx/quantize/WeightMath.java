package dev.inproc.inference.onnx.quantize;

/**
 * The arithmetic of quantized weights: symmetric, rounded half to even, by column, row or block.
 */
final class WeightMath {
  private static final int LARGEST = 127;

  private WeightMath() {}

  /**
   * Bytes and their scales.
   *
   * @param values one byte each for INT8, two in one for INT4
   * @param scales what the bytes are to be multiplied with
   */
  record Quantized(byte[] values, float[] scales) {}

  static boolean isFinite(float[] values) {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        return false;
      }
    }
    return true;
  }

  /** Returns [columns, rows] of a matrix [rows, columns]. */
  static float[] transpose(float[] matrix, int rows, int columns) {
    float[] turned = new float[matrix.length];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        turned[column * rows + row] = matrix[row * columns + column];
      }
    }
    return turned;
  }

  /**
   * Quantizes each column of [rows, columns] with a scale of its own.
   *
   * @param zeroPoint what stands for 0: 0 for signed bytes, 128 for unsigned ones
   */
  static Quantized byColumn(float[] matrix, int rows, int columns, int zeroPoint) {
    float[] scales = new float[columns];
    for (int i = 0; i < matrix.length; i++) {
      int column = i % columns;
      scales[column] = Math.max(scales[column], Math.abs(matrix[i]));
    }
    for (int column = 0; column < columns; column++) {
      scales[column] /= LARGEST;
    }
    byte[] values = new byte[matrix.length];
    for (int i = 0; i < matrix.length; i++) {
      values[i] = (byte) (zeroPoint + level(matrix[i], scales[i % columns]));
    }
    return new Quantized(values, scales);
  }

  /**
   * Quantizes each row of [rows, columns] with a scale of its own; the transpose of what {@link
   * #byColumn} gives for the transpose.
   *
   * @param zeroPoint what stands for 0: 0 for signed bytes, 128 for unsigned ones
   */
  static Quantized byRow(float[] matrix, int rows, int columns, int zeroPoint) {
    float[] scales = new float[rows];
    byte[] values = new byte[matrix.length];
    for (int row = 0; row < rows; row++) {
      int start = row * columns;
      float largest = 0;
      for (int i = start; i < start + columns; i++) {
        largest = Math.max(largest, Math.abs(matrix[i]));
      }
      scales[row] = largest / LARGEST;
      for (int i = start; i < start + columns; i++) {
        values[i] = (byte) (zeroPoint + level(matrix[i], scales[row]));
      }
    }
    return new Quantized(values, scales);
  }

  private static int level(float value, float scale) {
    if (scale == 0) {
      return 0; // all of them are zero, or next to it
    }
    return (int) Math.max(-LARGEST, Math.min(LARGEST, Math.rint(value / scale)));
  }

  /**
   * Quantizes [rows, columns] as MatMulNBits has it: for each column its blocks of rows, the last
   * filled up, around a zero point of half the range.
   */
  static Quantized byBlock(float[] matrix, int rows, int columns, int block, int bits) {
    int blocks = (rows + block - 1) / block;
    int half = 1 << (bits - 1);
    int perByte = 8 / bits;
    float[] scales = new float[columns * blocks];
    byte[] values = new byte[columns * blocks * block / perByte];
    float[] part = new float[block];
    for (int column = 0; column < columns; column++) {
      for (int b = 0; b < blocks; b++) {
        int count = Math.min(block, rows - b * block);
        for (int i = 0; i < count; i++) {
          part[i] = matrix[(b * block + i) * columns + column];
        }
        int index = column * blocks + b;
        float scale = blockScale(part, count, half);
        scales[index] = scale;
        for (int i = 0; i < block; i++) {
          int level = half + (i < count ? blockLevel(part[i], scale, half) : 0);
          int at = index * block + i;
          values[at / perByte] |= (byte) (level << (bits * (at % perByte)));
        }
      }
    }
    return new Quantized(values, scales);
  }

  /**
   * The scale with the least squared error among some that map the value of the largest size to the
   * end of the range that reaches further, or a little beyond it.
   */
  private static float blockScale(float[] part, int count, int half) {
    float extreme = 0;
    for (int i = 0; i < count; i++) {
      if (Math.abs(part[i]) > Math.abs(extreme)) {
        extreme = part[i];
      }
    }
    float widest = extreme / -half;
    if (half > 8 || widest == 0) {
      return widest; // with 8 bits it is not worth the search
    }
    float best = widest;
    double least = Double.MAX_VALUE;
    for (int step = 0; step <= 10; step++) {
      float scale = widest * (1 - 0.03f * step);
      double error = 0;
      for (int i = 0; i < count; i++) {
        double difference = part[i] - (double) scale * blockLevel(part[i], scale, half);
        error += difference * difference;
      }
      if (error < least) {
        least = error;
        best = scale;
      }
    }
    return best;
  }

  private static int blockLevel(float value, float scale, int half) {
    if (scale == 0) {
      return 0;
    }
    return (int) Math.max(-half, Math.min(half - 1, Math.rint(value / scale)));
  }
}
