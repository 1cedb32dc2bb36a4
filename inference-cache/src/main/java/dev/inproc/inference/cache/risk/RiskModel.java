package dev.inproc.inference.cache.risk;

/**
 * A logistic regression that is learned online, by a Newton step for each label: the weights move
 * by the inverse of the information gathered so far, so that they stay near the weights of a fit
 * over all labels, whatever the scale of the features. Old information is forgotten exponentially.
 * A prior stays for ever: it says that farther is riskier, and bounds the weights that no label has
 * told about. Not thread-safe.
 */
final class RiskModel {
  /** What the features say before any label: the distance of the nearest entry alone counts. */
  private static final double[] PRIOR = {-2.5, 1.2, 2, 0, 0, 0, 0, 0, 0};

  /** How many labels of a middling risk the prior is worth, for each feature. */
  private static final double PRIOR_INFORMATION = 5;

  /** A label moves the log-odds of its own request by at most so much. */
  private static final double LARGEST_STEP = 1;

  private final int size;
  private final double memory;
  private final double[] weights;
  private final double[] information; // symmetric; the lower triangle is kept, by rows
  private final double[] factor; // scratch: its Cholesky factor
  private final double[] step; // scratch

  /**
   * @param own the user's features
   * @param memory how many labels back the model remembers
   */
  RiskModel(int own, double memory) {
    this.size = RiskFeatures.OWN + own;
    this.memory = memory;
    weights = new double[size];
    System.arraycopy(PRIOR, 0, weights, 0, PRIOR.length);
    information = new double[size * size];
    factor = new double[size * size];
    step = new double[size];
  }

  /** Returns a copy of the weights, for {@link #risk}. */
  double[] weights() {
    return weights.clone();
  }

  /** Returns the probability that the nearest entry's answer is wrong. */
  static double risk(double[] weights, double[] x) {
    return logistic(dot(weights, x));
  }

  /**
   * Learns a label.
   *
   * @param weight how many requests like this one it stands for, times how much their risk matters
   */
  void learn(double[] x, boolean wrong, double weight) {
    double risk = risk(weights, x);
    double decay = Math.max(0, 1 - weight / memory);
    double gained = weight * Math.max(risk * (1 - risk), 1e-4);
    for (int row = 0; row < size; row++) {
      double scaled = gained * x[row];
      for (int column = 0; column <= row; column++) {
        int at = row * size + column;
        information[at] = decay * information[at] + scaled * x[column];
      }
    }
    solve(x);
    double length = weight * ((wrong ? 1 : 0) - risk);
    double change = Math.abs(length * dot(step, x));
    if (change > LARGEST_STEP) {
      length *= LARGEST_STEP / change;
    }
    for (int i = 0; i < size; i++) {
      weights[i] += length * step[i];
    }
  }

  /** Forgets all but a share of what was learned, so that new labels count more. */
  void forget(double kept) {
    for (int i = 0; i < information.length; i++) {
      information[i] *= kept;
    }
  }

  /** Sets {@code step} to (information + prior)⁻¹ x, by Cholesky's factorization. */
  private void solve(double[] x) {
    for (int row = 0; row < size; row++) {
      for (int column = 0; column <= row; column++) {
        double sum = information[row * size + column] + (row == column ? PRIOR_INFORMATION : 0);
        for (int i = 0; i < column; i++) {
          sum -= factor[row * size + i] * factor[column * size + i];
        }
        factor[row * size + column] =
            row == column ? Math.sqrt(Math.max(sum, 1e-9)) : sum / factor[column * size + column];
      }
    }
    for (int row = 0; row < size; row++) {
      double sum = x[row];
      for (int i = 0; i < row; i++) {
        sum -= factor[row * size + i] * step[i];
      }
      step[row] = sum / factor[row * size + row];
    }
    for (int row = size - 1; row >= 0; row--) {
      double sum = step[row];
      for (int i = row + 1; i < size; i++) {
        sum -= factor[i * size + row] * step[i];
      }
      step[row] = sum / factor[row * size + row];
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static double logistic(double logOdds) {
    return 1 / (1 + Math.exp(-logOdds));
  }
}
