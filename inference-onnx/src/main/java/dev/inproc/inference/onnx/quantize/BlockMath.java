package dev.inproc.inference.onnx.quantize;

import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The arithmetic of weights whose columns have a scale for each block of rows. */
final class BlockMath {
  private static final int STEPS = 10; // of 3 %, by which a scale is less than the widest

  private BlockMath() {}

  /**
   * Quantizes a matrix of so many columns as MatMulNBits has it: for each column its blocks of
   * rows, the last filled up, around a zero point of half the range.
   */
  static WeightMath.Quantized byBlock(
      float[] matrix, int columns, int block, int bits, @Nullable ErrorCompensation compensation) {
    int rows = matrix.length / columns;
    int blocks = (rows + block - 1) / block;
    int half = 1 << (bits - 1);
    float[] importance = compensation == null ? null : compensation.importance();
    float[] scales = new float[columns * blocks];
    IntStream.range(0, columns)
        .parallel()
        .forEach(
            column -> {
              float[] part = new float[block];
              float[] weights = new float[block];
              for (int b = 0; b < blocks; b++) {
                int count = Math.min(block, rows - b * block);
                for (int i = 0; i < count; i++) {
                  part[i] = matrix[(b * block + i) * columns + column];
                  weights[i] = importance == null ? 1 : importance[b * block + i];
                }
                scales[column * blocks + b] = scale(part, weights, count, half);
              }
            });
    ErrorCompensation.Grid grid = new ErrorCompensation.Grid(scales, block, -half, half - 1);
    byte[] levels =
        compensation == null
            ? grid.round(matrix, columns)
            : compensation.round(matrix, columns, grid);
    return new WeightMath.Quantized(pack(levels, columns, block, bits), scales);
  }

  private static byte[] pack(byte[] levels, int columns, int block, int bits) {
    int rows = levels.length / columns;
    int blocks = (rows + block - 1) / block;
    int half = 1 << (bits - 1);
    int perByte = 8 / bits;
    byte[] values = new byte[columns * blocks * block / perByte];
    for (int column = 0; column < columns; column++) {
      for (int row = 0; row < blocks * block; row++) {
        int level = half + (row < rows ? levels[row * columns + column] : 0);
        int at = column * blocks * block + row;
        values[at / perByte] |= (byte) (level << (bits * (at % perByte)));
      }
    }
    return values;
  }

  /**
   * The scale with the least squared error, by weight, among some that map the value of the largest
   * size to the end of the range that reaches further, or a little beyond it.
   */
  private static float scale(float[] part, float[] weights, int count, int half) {
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
    ErrorCompensation.Grid grid = new ErrorCompensation.Grid(new float[0], count, -half, half - 1);
    float best = widest;
    double least = Double.MAX_VALUE;
    for (int step = 0; step <= STEPS; step++) {
      float scale = widest * (1 - 0.03f * step);
      double error = 0;
      for (int i = 0; i < count; i++) {
        double difference = part[i] - (double) scale * grid.level(part[i], scale);
        error += weights[i] * difference * difference;
      }
      if (error < least) {
        least = error;
        best = scale;
      }
    }
    return best;
  }
}
