package dev.inproc.inference.onnx.quantize;

import java.util.Comparator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Rounds the rows of a weight one after the other, and makes up for the error of each in the rows
 * that are still to be rounded, so that the product with the activations seen changes least: GPTQ
 * (Frantar et al., 2022), in the equivalent form of error feedback (LDLQ, Chee et al., 2023), which
 * needs no inverse.
 *
 * <p>With H = Σ x xᵀ + damping = L Lᵀ and the error E = W - Ŵ, the squared error of the product is
 * ‖Lᵀ E‖². Its row i is L[i,i] E[i] + Σ L[m,i] E[m] over m > i. Going from the last row to the
 * first, each target W[i] + Σ L[m,i] / L[i,i] E[m] cancels that row but for its own rounding. The
 * channels with the largest squares are rounded first, while there are most others to make up for
 * them.
 *
 * <p>Columns do not depend on each other, so threads share them; the result does not depend on how.
 */
final class ErrorCompensation {
  /** The widest weight that is compensated: its H takes 100 MB. */
  static final int MAX_WIDTH = 4096;

  // Of the mean square. GPTQ's 0.01 fits the examples better and other texts worse: mean 1 - cosine
  // of MiniLM's FAQ entries 789e-6, with 0.1 691e-6.
  private static final double DAMPING = 0.1;
  private static final int TILE = 32; // columns that stay in the second-level cache

  private final int[] order;
  private final float[][] feedback;
  private final float[] importance;

  private ErrorCompensation(int[] order, float[][] feedback, float[] importance) {
    this.order = order;
    this.feedback = feedback;
    this.importance = importance;
  }

  /**
   * The levels that weights are rounded to.
   *
   * @param scales of each column's blocks of rows
   * @param block rows that share a scale
   * @param low the lowest level
   * @param high the highest
   */
  record Grid(float[] scales, int block, int low, int high) {
    int level(float value, float scale) {
      return scale == 0 ? 0 : (int) Math.max(low, Math.min(high, Math.rint(value / scale)));
    }

    /** Returns the nearest level of each weight of a matrix [rows, columns]. */
    byte[] round(float[] matrix, int columns) {
      byte[] levels = new byte[matrix.length];
      int blocks = scales.length / columns;
      for (int i = 0; i < matrix.length; i++) {
        int scale = i % columns * blocks + i / columns / block;
        levels[i] = (byte) level(matrix[i], scales[scale]);
      }
      return levels;
    }
  }

  /** Returns the compensation for these activations; null if they say nothing or are not finite. */
  static @Nullable ErrorCompensation of(GramMatrix gram) {
    int width = gram.width();
    float[] squares = new float[width];
    double sum = 0;
    for (int i = 0; i < width; i++) {
      squares[i] = gram.get(i, i);
      sum += squares[i];
    }
    if (!(sum > 0) || !Double.isFinite(sum)) {
      return null;
    }
    int[] order =
        IntStream.range(0, width)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> squares[i])) // stable
            .mapToInt(Integer::intValue)
            .toArray();
    double damping = DAMPING * sum / width;
    double[][] rows = new double[width][];
    for (int i = 0; i < width; i++) {
      rows[i] = new double[i + 1];
      for (int j = 0; j <= i; j++) {
        rows[i][j] = gram.get(order[i], order[j]);
      }
      rows[i][i] += damping;
    }
    if (!Cholesky.factor(rows)) {
      return null;
    }
    float[][] feedback = new float[width][];
    for (int m = 0; m < width; m++) {
      feedback[m] = new float[m];
      for (int i = 0; i < m; i++) {
        feedback[m][i] = (float) (rows[m][i] / rows[i][i]);
      }
    }
    return new ErrorCompensation(order, feedback, squares);
  }

  /** How much the squared error of each row of a weight counts, taken alone. */
  float[] importance() {
    return importance;
  }

  /** Returns the level of each weight of a matrix [rows, columns]. */
  byte[] round(float[] matrix, int columns, Grid grid) {
    byte[] levels = new byte[matrix.length];
    int tiles = (columns + TILE - 1) / TILE;
    IntStream.range(0, tiles)
        .parallel()
        .forEach(t -> round(matrix, columns, grid, t * TILE, levels));
    return levels;
  }

  private void round(float[] matrix, int columns, Grid grid, int first, byte[] levels) {
    int count = Math.min(TILE, columns - first);
    int rows = order.length;
    int blocks = grid.scales().length / columns;
    float[] targets = new float[rows * TILE];
    for (int i = 0; i < rows; i++) {
      System.arraycopy(matrix, order[i] * columns + first, targets, i * TILE, count);
    }
    float[] errors = new float[TILE];
    for (int m = rows - 1; m >= 0; m--) {
      int row = order[m];
      for (int c = 0; c < count; c++) {
        float scale = grid.scales()[(first + c) * blocks + row / grid.block()];
        int level = grid.level(targets[m * TILE + c], scale);
        int at = row * columns + first + c;
        levels[at] = (byte) level;
        errors[c] = matrix[at] - level * scale;
      }
      feed(feedback[m], errors, targets);
    }
  }

  private static void feed(float[] factors, float[] errors, float[] targets) {
    for (int i = 0; i < factors.length; i++) {
      float factor = factors[i];
      int start = i * TILE;
      for (int c = 0; c < TILE; c++) {
        targets[start + c] += factor * errors[c];
      }
    }
  }
}
