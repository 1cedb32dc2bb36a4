package dev.inproc.inference.internal.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ScoreMomentsTest {
  private static final int KEYS = 5_000;

  /** Compares with sums over residuals, which the class does not keep. */
  private static void check(double[] n, double[] d, double tolerance) {
    ScoreMoments moments = new ScoreMoments();
    double sumN = 0;
    double sumD = 0;
    for (int i = 0; i < n.length; i++) {
      moments.add(n[i], d[i]);
      sumN += n[i];
      sumD += d[i];
    }
    double ratio = sumN / sumD;
    double square = 0;
    double fourth = 0;
    for (int i = 0; i < n.length; i++) {
      double e = n[i] - ratio * d[i];
      square += e * e;
      fourth += e * e * e * e;
    }
    double scale = sumD / n.length;
    double variance = square / (n.length - 1) / (scale * scale);
    assertEquals(n.length, moments.count());
    assertEquals(ratio, moments.value(), Math.abs(ratio) * 1e-12);
    assertEquals(variance, moments.variance(), variance * tolerance);
    double events = square * square / fourth;
    assertEquals(events, moments.events(), events * tolerance);
  }

  private static double[] ones() {
    double[] ones = new double[KEYS];
    Arrays.fill(ones, 1);
    return ones;
  }

  @Test
  void moments_ofPlainScores_areThoseOfTheResiduals() {
    SplittableRandom random = new SplittableRandom(1);
    double[] scores = random.doubles(KEYS).map(u -> Math.exp(2 * u)).toArray();
    check(scores, ones(), 1e-9);
  }

  @Test
  void moments_farFromZero_loseFewDigits() {
    SplittableRandom random = new SplittableRandom(2);
    double[] scores = random.doubles(KEYS).map(u -> 1e9 + u).toArray();
    check(scores, ones(), 1e-4);
  }

  @Test
  void moments_ofRatios_haveTheDenominatorsShare() {
    SplittableRandom random = new SplittableRandom(3);
    double[] d = random.doubles(KEYS).map(u -> Math.floor(1 + 20 * u * u)).toArray();
    double[] n = new double[KEYS];
    for (int i = 0; i < KEYS; i++) {
      n[i] = Math.floor(random.nextDouble() * (d[i] + 1));
    }
    check(n, d, 1e-9);
    ScoreMoments moments = new ScoreMoments();
    ScoreMoments numerators = new ScoreMoments();
    for (int i = 0; i < KEYS; i++) {
      moments.add(n[i], d[i]);
      numerators.add(n[i]);
    }
    double without = numerators.variance() / Math.pow(moments.meanDenominator(), 2);
    assertTrue(without > 1.3 * moments.variance(), "denominators explain much of numerators");
  }

  /** The variance of a ratio over repetitions is what the linearization says. */
  @Test
  void variance_ofARatio_isThatOfRepetitions() {
    SplittableRandom random = new SplittableRandom(4);
    int repetitions = 2_000;
    double sum = 0;
    double squares = 0;
    double said = 0;
    for (int r = 0; r < repetitions; r++) {
      ScoreMoments moments = new ScoreMoments();
      for (int i = 0; i < 400; i++) {
        double d = Math.floor(1 + 30 * Math.pow(random.nextDouble(), 3));
        double n = 0;
        double rate = 0.4 * random.nextDouble();
        for (int view = 0; view < d; view++) {
          n += random.nextDouble() < rate ? 1 : 0;
        }
        moments.add(n, d);
      }
      sum += moments.value();
      squares += moments.value() * moments.value();
      said += moments.variance() / moments.count();
    }
    double variance = squares / repetitions - Math.pow(sum / repetitions, 2);
    assertEquals(variance, said / repetitions, 0.12 * variance);
  }

  @Test
  void constantScores_haveNoVarianceAndNoEvents() {
    for (double constant : new double[] {0, 1, 0.1, -1e12, 1e-9}) {
      ScoreMoments moments = new ScoreMoments();
      for (int i = 0; i < KEYS; i++) {
        moments.add(constant);
      }
      assertEquals(0, moments.events(), "at " + constant);
      assertEquals(0, moments.variance(), "at " + constant);
    }
    ScoreMoments ratio = new ScoreMoments();
    for (int i = 0; i < KEYS; i++) {
      ratio.add(0.3 * (i % 7 + 1), i % 7 + 1);
    }
    assertEquals(0, ratio.events());
  }

  @Test
  void events_ofARareScore_areItsNumber() {
    for (int rare : new int[] {1, 10, 50}) {
      ScoreMoments moments = new ScoreMoments();
      for (int i = 0; i < KEYS; i++) {
        moments.add(i < rare ? 1 : 0);
      }
      assertEquals(rare, moments.events(), 0.05 * rare);
      ScoreMoments common = new ScoreMoments();
      for (int i = 0; i < KEYS; i++) {
        common.add(i < rare ? 0 : 1);
      }
      assertEquals(rare, common.events(), 0.05 * rare);
    }
    ScoreMoments dominated = new ScoreMoments();
    for (int i = 0; i < KEYS; i++) {
      dominated.add(i == 77 ? 1e6 : i % 10);
    }
    assertEquals(1, dominated.events(), 0.01);
  }
}
