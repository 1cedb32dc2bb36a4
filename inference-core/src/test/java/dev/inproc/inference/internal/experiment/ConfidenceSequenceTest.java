package dev.inproc.inference.internal.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ConfidenceSequenceTest {
  /** At the boundary the mixture martingale is 1/α: the formula, solved the other way. */
  @Test
  void radius_isWhereTheMartingaleReachesItsLimit() {
    for (double alpha : new double[] {0.05, 0.001}) {
      double expected = 10_000;
      double rho2 = (-2 * Math.log(alpha) + Math.log(1 - 2 * Math.log(alpha))) / expected;
      for (double t : new double[] {200, 10_000, 1e6}) {
        double s = t * ConfidenceSequence.radius(1, t, alpha, expected);
        double martingale = Math.exp(rho2 * s * s / (2 * (t * rho2 + 1))) / Math.sqrt(t * rho2 + 1);
        assertEquals(1 / alpha, martingale, 1e-9 / alpha);
      }
    }
  }

  @Test
  void radius_isNarrowestNearTheExpectedNumber() {
    for (double alpha : new double[] {0.05, 0.001}) {
      double t = 10_000;
      double at = ConfidenceSequence.radius(2, t, alpha, t);
      double best = Double.POSITIVE_INFINITY;
      for (double expected = 100; expected < 1e6; expected *= 1.05) {
        best = Math.min(best, ConfidenceSequence.radius(2, t, alpha, expected));
      }
      assertTrue(at < 1.01 * best, at + " " + best);
    }
  }

  /** Of normal scores nothing is asymptotic but the estimated variance. */
  @Test
  void truth_ofNormalScores_isEverMissedInAlphaAtMost() {
    SplittableRandom random = new SplittableRandom(5);
    int runs = 1_000;
    int missed = 0;
    for (int run = 0; run < runs; run++) {
      double sum = 0;
      for (int t = 1; t <= 10_000; t++) {
        sum += random.nextGaussian();
        if (Math.abs(sum / t) > ConfidenceSequence.radius(1, t, 0.05, 1_000)) {
          missed++;
          break;
        }
      }
    }
    assertTrue(missed <= 0.05 * runs + 3 * Math.sqrt(0.05 * 0.95 * runs), "missed " + missed);
    assertTrue(missed >= 0.01 * runs, "missed " + missed); // not idle
  }
}
