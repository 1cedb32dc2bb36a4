package dev.inproc.inference.onnx.quantize;

import org.jspecify.annotations.Nullable;

/** The arithmetic of quantized weights: symmetric, rounded half to even, by column or row. */
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
    return isFinite(values, 0, values.length);
  }

  static boolean isFinite(float[] values, int start, int count) {
    for (int i = start; i < start + count; i++) {
      if (!Float.isFinite(values[i])) {
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
  static Quantized byColumn(
      float[] matrix,
      int rows,
      int columns,
      int zeroPoint,
      @Nullable ErrorCompensation compensation) {
    float[] scales = new float[columns];
    for (int i = 0; i < matrix.length; i++) {
      int column = i % columns;
      scales[column] = Math.max(scales[column], Math.abs(matrix[i]));
    }
    for (int column = 0; column < columns; column++) {
      scales[column] /= LARGEST;
    }
    ErrorCompensation.Grid grid = grid(scales, rows);
    byte[] values =
        compensation == null
            ? grid.round(matrix, columns)
            : compensation.round(matrix, columns, grid);
    for (int i = 0; i < values.length; i++) {
      values[i] += (byte) zeroPoint;
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
    ErrorCompensation.Grid grid = grid(scales, 1);
    byte[] values = new byte[matrix.length];
    for (int row = 0; row < rows; row++) {
      int start = row * columns;
      float largest = 0;
      for (int i = start; i < start + columns; i++) {
        largest = Math.max(largest, Math.abs(matrix[i]));
      }
      scales[row] = largest / LARGEST;
      for (int i = start; i < start + columns; i++) {
        values[i] = (byte) (zeroPoint + grid.level(matrix[i], scales[row]));
      }
    }
    return new Quantized(values, scales);
  }

  private static ErrorCompensation.Grid grid(float[] scales, int block) {
    return new ErrorCompensation.Grid(scales, block, -LARGEST, LARGEST);
  }
}
