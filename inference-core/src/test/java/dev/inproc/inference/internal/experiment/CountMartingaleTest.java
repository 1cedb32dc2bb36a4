package dev.inproc.inference.internal.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.inproc.inference.internal.experiment.CountMartingale.Interval;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The guarantee by exact computation over all that can happen, not by chance. */
class CountMartingaleTest {
  private static final double[] CONCENTRATIONS = {10, 300, 10_000};

  private static CountMartingale of(double[] centre, int[] classes, double[] concentrations) {
    CountMartingale counts = new CountMartingale(centre, concentrations);
    for (int each : classes) {
      counts.add(each);
    }
    return counts;
  }

  /** Adds up evidence times probability over all sequences of a length. */
  private static double expectation(double[] centre, double[] truth, double[] claimed, int length) {
    double sum = 0;
    int size = truth.length;
    int all = (int) Math.pow(size, length);
    for (int code = 0; code < all; code++) {
      int[] classes = new int[length];
      double probability = 1;
      for (int i = 0, rest = code; i < length; i++, rest /= size) {
        classes[i] = rest % size;
        probability *= truth[classes[i]];
      }
      sum += probability * Math.exp(of(centre, classes, CONCENTRATIONS).logEvidence(claimed));
    }
    return sum;
  }

  @Test
  void evidence_ofTheTruth_isExpectedToBeOne() {
    double[] centre = {0.5, 0.5};
    double[] skewed = {0.1, 0.9};
    double[] three = {0.2, 0.3, 0.5};
    for (int length = 0; length <= 8; length++) {
      assertEquals(1, expectation(centre, centre, centre, length), 1e-12);
      assertEquals(1, expectation(centre, skewed, skewed, length), 1e-12);
      assertEquals(1, expectation(skewed, centre, centre, length), 1e-12);
      assertEquals(1, expectation(three, three, three, length), 1e-12);
    }
    assertTrue(expectation(centre, skewed, centre, 8) > 1.5);
  }

  /**
   * The chance that the truth is ever refuted within n counts of two classes: the evidence depends
   * on the counts alone, so paths that meet are one.
   */
  private static double everRefuted(double centre, double truth, double alpha, int n) {
    double[] shares = {truth, 1 - truth};
    double refuted = 0;
    double[] alive = {1}; // by the number of the first class
    for (int total = 1; total <= n; total++) {
      double[] next = new double[total + 1];
      for (int first = 0; first < total; first++) {
        next[first + 1] += alive[first] * truth;
        next[first] += alive[first] * (1 - truth);
      }
      for (int first = 0; first <= total; first++) {
        double evidence = logEvidence(centre, first, total - first, shares);
        if (evidence >= -Math.log(alpha)) {
          refuted += next[first];
          next[first] = 0;
        }
      }
      alive = next;
    }
    return refuted;
  }

  private static final Map<Long, CountMartingale> MADE = new HashMap<>();

  private static double logEvidence(double centre, int first, int second, double[] shares) {
    CountMartingale counts =
        MADE.computeIfAbsent(
            Double.doubleToLongBits(centre) * 31 + first * 1_000L + second,
            key -> {
              CountMartingale made =
                  new CountMartingale(new double[] {centre, 1 - centre}, CONCENTRATIONS);
              for (int i = 0; i < first; i++) {
                made.add(0);
              }
              for (int i = 0; i < second; i++) {
                made.add(1);
              }
              return made;
            });
    return counts.logEvidence(shares);
  }

  @Test
  void truth_isEverRefuted_withTheStatedChanceAtMost() {
    for (double truth : new double[] {0.5, 0.3, 0.95}) {
      double chance = everRefuted(0.5, truth, 0.05, 300);
      assertTrue(chance <= 0.05, truth + ": " + chance);
      assertTrue(chance > 0.005, truth + ": " + chance); // a bar that binds
    }
  }

  @Test
  void order_ofCounts_changesNothing() {
    double[] centre = {0.3, 0.7};
    double one = of(centre, new int[] {0, 1, 1, 0, 1}, CONCENTRATIONS).logEvidence(0.5, 0.5);
    double other = of(centre, new int[] {1, 1, 1, 0, 0}, CONCENTRATIONS).logEvidence(0.5, 0.5);
    assertEquals(one, other, 1e-12);
  }

  @Test
  void share_hasTheSharesThatAreNotRefuted() {
    CountMartingale counts = new CountMartingale(new double[] {0.5, 0.5}, CONCENTRATIONS);
    assertEquals(new Interval(0, 1), counts.share(0.05));
    for (int i = 0; i < 400; i++) {
      counts.add(i % 4 == 0 ? 0 : 1);
      Interval share = counts.share(0.05);
      for (double q = 0.01; q < 1; q += 0.01) {
        boolean isRefuted = counts.logEvidence(q, 1 - q) >= -Math.log(0.05);
        assertEquals(!isRefuted, q > share.low() && q < share.high(), i + ", " + q);
      }
    }
    Interval share = counts.share(0.05);
    assertTrue(share.low() > 0.15 && share.high() < 0.35, share::toString);
  }

  /**
   * A binary experiment, key by key: arm by a coin, success by the arm's rate. Whatever both rates
   * are, the evidence against the true ratio is expected to be 1, over all sequences of keys.
   */
  @Test
  void ratio_ofTwoRates_isTestedExactly() {
    for (double[] rates : new double[][] {{0.3, 0.2}, {0.9, 0.1}, {0.5, 0.5}, {0.02, 0.04}}) {
      for (double weight : new double[] {0.5, 0.1}) {
        double odds = rates[0] / rates[1];
        double q = weight * odds / (weight * odds + 1 - weight);
        assertEquals(1, expectation(rates, weight, q, 7), 1e-12);
        double wrong = odds == 1 ? 0.7 : weight; // the arm's share of keys instead of successes
        assertTrue(Math.abs(expectation(rates, weight, wrong, 7) - 1) > 1e-6);
      }
    }
  }

  private static double expectation(double[] rates, double weight, double q, int keys) {
    double[] chances = {
      weight * rates[0],
      (1 - weight) * rates[1],
      weight * (1 - rates[0]) + (1 - weight) * (1 - rates[1])
    };
    double sum = 0;
    for (int code = 0; code < Math.pow(3, keys); code++) {
      CountMartingale counts =
          new CountMartingale(new double[] {weight, 1 - weight}, CONCENTRATIONS);
      double probability = 1;
      for (int i = 0, rest = code; i < keys; i++, rest /= 3) {
        probability *= chances[rest % 3];
        if (rest % 3 < 2) {
          counts.add(rest % 3);
        }
      }
      sum += probability * Math.exp(counts.logEvidence(q, 1 - q));
    }
    return sum;
  }

  @Test
  void ratioInterval_isThatOfTheShareInOdds() {
    CountMartingale counts = new CountMartingale(new double[] {0.1, 0.9}, CONCENTRATIONS);
    assertEquals(new Interval(0, Double.POSITIVE_INFINITY), counts.ratio(0.1, 0.05));
    for (int i = 0; i < 5000; i++) {
      counts.add(i % 6 == 0 ? 0 : 1); // odds 1/5 where equal rates would give 1/9
    }
    Interval ratio = counts.ratio(0.1, 0.05);
    assertTrue(ratio.low() > 1.5 && ratio.low() < 1.8 && ratio.high() < 2.1, ratio::toString);
    Interval share = counts.share(0.05);
    assertEquals(ratio.low(), share.low() / (1 - share.low()) * 9, 1e-9);
  }
}
