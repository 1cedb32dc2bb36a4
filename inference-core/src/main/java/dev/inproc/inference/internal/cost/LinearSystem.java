package dev.inproc.inference.internal.cost;

/** Solves a small symmetric system by Gaussian elimination with pivoting. */
final class LinearSystem {
  private LinearSystem() {}

  /**
   * Solves {@code matrix · x = right} for the active unknowns; the others are 0. A ridge relative
   * to each diagonal element keeps the answer small where the data does not say.
   */
  static double[] solve(double[][] matrix, double[] right, boolean[] active, double ridge) {
    int n = right.length;
    double[][] a = new double[n][n + 1];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        a[i][j] = active[i] && active[j] ? matrix[i][j] : 0;
      }
      a[i][i] = active[i] ? matrix[i][i] * (1 + ridge) + Double.MIN_NORMAL : 1;
      a[i][n] = active[i] ? right[i] : 0;
    }
    for (int column = 0; column < n; column++) {
      int pivot = column;
      for (int row = column + 1; row < n; row++) {
        if (Math.abs(a[row][column]) > Math.abs(a[pivot][column])) {
          pivot = row;
        }
      }
      double[] swapped = a[column];
      a[column] = a[pivot];
      a[pivot] = swapped;
      for (int row = 0; row < n; row++) {
        if (row != column && a[column][column] != 0) {
          double factor = a[row][column] / a[column][column];
          for (int k = column; k <= n; k++) {
            a[row][k] -= factor * a[column][k];
          }
        }
      }
    }
    double[] x = new double[n];
    for (int i = 0; i < n; i++) {
      x[i] = a[i][i] == 0 ? 0 : a[i][n] / a[i][i];
    }
    return x;
  }
}
