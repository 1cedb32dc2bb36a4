package dev.inproc.benchmarks;

/** Checks made before a measurement, so that no benchmark is fast and wrong. */
final class Answers {
  private static final float TOLERANCE = 1e-4f;

  private Answers() {}

  /**
   * Compares element by element.
   *
   * @throws IllegalStateException if one differs by more than 1e-4
   */
  static void check(String who, float[] expected, float[] actual) {
    if (expected.length != actual.length) {
      throw new IllegalStateException(
          who + ": expected " + expected.length + " values, got " + actual.length);
    }
    for (int i = 0; i < expected.length; i++) {
      // Written so that NaN fails.
      if (!(Math.abs(expected[i] - actual[i]) <= TOLERANCE)) {
        throw new IllegalStateException(
            who + ": value " + i + " is " + actual[i] + ", expected " + expected[i]);
      }
    }
  }

  /** Compares row by row. */
  static void check(String who, float[][] expected, float[][] actual) {
    if (expected.length != actual.length) {
      throw new IllegalStateException(
          who + ": expected " + expected.length + " rows, got " + actual.length);
    }
    for (int i = 0; i < expected.length; i++) {
      check(who + " row " + i, expected[i], actual[i]);
    }
  }
}
