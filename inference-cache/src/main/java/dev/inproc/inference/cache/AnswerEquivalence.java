package dev.inproc.inference.cache;

import java.util.Objects;
import java.util.function.BiPredicate;

/** When an answer is as good as another, for {@link SimilarityCaching}. */
public final class AnswerEquivalence {
  private AnswerEquivalence() {}

  /** Returns an equivalence of answers that are equal; arrays are if all their elements are. */
  public static <O> BiPredicate<O, O> equal() {
    return Objects::deepEquals;
  }

  /**
   * Returns an equivalence of vectors whose cosine is at least this; a vector of zeros is
   * equivalent to none.
   *
   * @param cosine above -1, at most 1
   */
  public static BiPredicate<float[], float[]> cosineAtLeast(double cosine) {
    if (!(cosine > -1 && cosine <= 1)) {
      throw new IllegalArgumentException("Expected a cosine above -1, at most 1, got " + cosine);
    }
    return (a, b) -> a.length == b.length && cosine(a, b) >= cosine;
  }

  private static double cosine(float[] a, float[] b) {
    double product = 0;
    double ofA = 0;
    double ofB = 0;
    for (int i = 0; i < a.length; i++) {
      product += (double) a[i] * b[i];
      ofA += (double) a[i] * a[i];
      ofB += (double) b[i] * b[i];
    }
    // Rounding must not tell a vector from itself.
    return Math.min(1, product / Math.sqrt(ofA * ofB) + 1e-12);
  }

  /**
   * Returns an equivalence of scores whose largest is at the same place, such as a classifier's.
   * Scores that are not numbers are equivalent to none.
   */
  public static BiPredicate<float[], float[]> sameLabel() {
    return (a, b) -> {
      int label = largest(a);
      return label >= 0 && a.length == b.length && label == largest(b);
    };
  }

  /** Returns the first place of the largest value; -1 if there is none, or one is NaN. */
  private static int largest(float[] scores) {
    int best = -1;
    for (int i = 0; i < scores.length; i++) {
      if (Float.isNaN(scores[i])) {
        return -1;
      }
      if (best < 0 || scores[i] > scores[best]) {
        best = i;
      }
    }
    return best;
  }
}
