package dev.inproc.examples;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The area under the ROC curve: how often a positive scores above a negative, ties half. By the
 * rank sum of Mann and Whitney.
 */
final class RocAuc {
  private record Score(float value, boolean positive) {}

  private RocAuc() {}

  static double of(List<Float> positives, List<Float> negatives) {
    List<Score> all = new ArrayList<>();
    positives.forEach(value -> all.add(new Score(value, true)));
    negatives.forEach(value -> all.add(new Score(value, false)));
    all.sort(Comparator.comparingDouble(Score::value));
    double rankSum = 0;
    int start = 0;
    while (start < all.size()) {
      int end = start;
      int tiedPositives = 0;
      while (end < all.size() && all.get(end).value == all.get(start).value) {
        tiedPositives += all.get(end).positive ? 1 : 0;
        end++;
      }
      rankSum += tiedPositives * (start + 1 + end) / 2.0;
      start = end;
    }
    double n = positives.size();
    return (rankSum - n * (n + 1) / 2) / (n * negatives.size());
  }
}
