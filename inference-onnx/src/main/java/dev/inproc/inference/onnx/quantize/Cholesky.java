package dev.inproc.inference.onnx.quantize;

import java.util.stream.IntStream;

/** The factorization A = L Lᵀ of a positive definite matrix, by panels of columns, in place. */
final class Cholesky {
  private static final int PANEL = 48; // columns whose transpose stays in the second-level cache

  private Cholesky() {}

  /**
   * Replaces the lower triangle of A by L.
   *
   * @param rows row i has the elements 0 to i
   * @return whether A is positive definite; if not, the rows are spoilt
   */
  static boolean factor(double[][] rows) {
    int size = rows.length;
    for (int start = 0; start < size; start += PANEL) {
      int from = start;
      int end = Math.min(size, start + PANEL);
      for (int i = start; i < end; i++) {
        solve(rows, i, start, i);
        double pivot = rows[i][i];
        for (int p = start; p < i; p++) {
          pivot -= rows[i][p] * rows[i][p];
        }
        if (!(pivot > 0) || pivot == Double.POSITIVE_INFINITY) {
          return false;
        }
        rows[i][i] = Math.sqrt(pivot);
      }
      IntStream.range(end, size).parallel().forEach(i -> solve(rows, i, from, end));
      double[][] panel = transpose(rows, start, end);
      IntStream.range(end, size).parallel().forEach(i -> subtract(rows[i], i, from, end, panel));
    }
    return true;
  }

  /** Finds the elements of row i in the columns [start, end) of L. */
  private static void solve(double[][] rows, int i, int start, int end) {
    double[] row = rows[i];
    for (int j = start; j < end; j++) {
      double[] other = rows[j];
      double value = row[j];
      for (int p = start; p < j; p++) {
        value -= row[p] * other[p];
      }
      row[j] = value / other[j];
    }
  }

  private static double[][] transpose(double[][] rows, int start, int end) {
    int size = rows.length;
    double[][] panel = new double[end - start][size - end];
    for (int i = end; i < size; i++) {
      for (int p = start; p < end; p++) {
        panel[p - start][i - end] = rows[i][p];
      }
    }
    return panel;
  }

  private static void subtract(double[] row, int i, int start, int end, double[][] panel) {
    int count = i + 1 - end;
    int p = start;
    for (; p + 4 <= end; p += 4) {
      double[] a = panel[p - start];
      double[] b = panel[p - start + 1];
      double[] c = panel[p - start + 2];
      double[] d = panel[p - start + 3];
      double la = row[p];
      double lb = row[p + 1];
      double lc = row[p + 2];
      double ld = row[p + 3];
      for (int k = 0; k < count; k++) {
        row[end + k] -= la * a[k] + lb * b[k] + lc * c[k] + ld * d[k];
      }
    }
    for (; p < end; p++) {
      double[] a = panel[p - start];
      double la = row[p];
      for (int k = 0; k < count; k++) {
        row[end + k] -= la * a[k];
      }
    }
  }
}
