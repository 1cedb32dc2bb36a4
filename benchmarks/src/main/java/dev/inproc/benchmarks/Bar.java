package dev.inproc.benchmarks;

import java.util.List;

/**
 * What a benchmark may cost beside another.
 *
 * @param subject the method that is judged
 * @param baseline the method that it is compared with
 * @param most the most that the ratio of their times may be; infinite if it is only reported
 */
record Bar(String subject, String baseline, double most) {
  static final List<Bar> ALL =
      List.of(
          new Bar("predict", "bareFresh", 0.6),
          new Bar("predict", "djlPredict", 0.4),
          new Bar("predictAll64", "barePinned64", 2.2),
          new Bar("predictAll64", "djlBatchPredict64", 0.1),
          new Bar("predictAllMiniLm32", "barePinnedMiniLm32", 1.03),
          new Bar("predictAllMixed", "exactLengthsMixed", 1.05),
          new Bar("predictAllMixed", "padLongestMixed", 1.0),
          reported("predict", "barePinned"),
          reported("predictAllTensors64", "barePinned64"),
          reported("predictAll64", "djlWhole64"));

  /** Those of TensorFlow, in a file of their own: {@code predict} is another method there. */
  static final List<Bar> TENSORFLOW =
      List.of(
          new Bar("predict", "bareRunner", 1.1),
          new Bar("predictAll64", "bareRunner64", 1.25),
          reported("predict", "bareRunnerInline"),
          reported("predict", "bareFunction"),
          reported("predictAll64", "bareRunnerInline64"),
          reported("predictAll64", "bareFunction64"));

  /** Those of the exact cache; what tensors and misses add are differences, not ratios. */
  static final List<Bar> CACHE =
      List.of(
          new Bar("hit", "caffeineGet", 2.0),
          new Bar("hitTtl", "caffeineGetTtl", 2.0),
          reported("scopedHit", "caffeineGet"),
          reported("copyHit", "caffeineGet"));

  private static Bar reported(String subject, String baseline) {
    return new Bar(subject, baseline, Double.POSITIVE_INFINITY);
  }

  String name() {
    return subject + " / " + baseline;
  }

  boolean isReportedOnly() {
    return Double.isInfinite(most);
  }
}
