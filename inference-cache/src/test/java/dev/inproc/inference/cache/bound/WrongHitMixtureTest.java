package dev.inproc.inference.cache.bound;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;

/** The mathematics of the bound, checked by formulas and by a recursion of its own. */
class WrongHitMixtureTest {
  private static final double ALPHA = 0.04;

  @Test
  void cost_overAGridOfRates_keepsTheExpectationAtOne() {
    int checked = 0;
    for (double p = 0.02; p < 1; p += 0.01) {
      for (double lambda = 0.005; lambda < -Math.log1p(-p); lambda += 0.005) {
        double c = WrongHitMixture.cost(p, lambda);
        assertTrue(c > 0, "p " + p + ", lambda " + lambda);
        assertEquals(1, (1 - p) * Math.exp(lambda) + p * Math.exp(-c), 1e-12);
        checked++;
      }
      assertTrue(WrongHitMixture.cost(p, -Math.log1p(-p) + 1e-9) == Double.POSITIVE_INFINITY);
    }
    assertTrue(checked > 5_000, "pairs: " + checked);
  }

  @Test
  void weights_ofAllComponents_sumToOne() {
    double sum = 0;
    for (int j = 0; j < WrongHitMixture.components(); j++) {
      sum += WrongHitMixture.weight(j);
    }
    assertEquals(1, sum, 1e-12);
  }

  /**
   * All candidates wrong: the walk that crosses the soonest. The values come from this recursion
   * when the bound was made; they change with the rates, the lambdas and the weights.
   */
  @Test
  void bound_ofTheWorstBurst_isCrossedWithItsProbability() {
    double[] expected = {0.012443, 0.031516, 0.029242};
    int[] rates = {2, 5, 7};
    for (int i = 0; i < rates.length; i++) {
      double crossing = crossing(rates[i], bound(rates[i], new WrongHitMixture(ALPHA)));
      assertTrue(crossing <= ALPHA, "rate " + rates[i] + ": " + crossing);
      assertEquals(expected[i], crossing, 1e-6, "rate " + rates[i]);
    }
  }

  /** The recursion tells a subtly wrong bound from a right one. */
  @Test
  void bound_withWrongCostsOrLambdas_isCrossedTooOften() {
    assertTrue(crossing(5, scaled(5, 1, 1)) <= ALPHA);
    assertTrue(crossing(5, scaled(5, 0.8, 1)) > ALPHA, "costs too small");
    assertTrue(crossing(5, scaled(5, 1, 1.2)) > ALPHA, "lambdas too large");
  }

  @Test
  void bound_withMoreWrong_neverFalls() {
    WrongHitMixture mixture = new WrongHitMixture(0.01);
    int[] wrong = new int[AuditRates.COUNT];
    SplittableRandom random = new SplittableRandom(7);
    int lowest = AuditRates.COUNT - 1;
    int before = mixture.bound(wrong, lowest);
    for (int i = 0; i < 5_000; i++) {
      int rate = random.nextInt(AuditRates.COUNT);
      lowest = Math.min(lowest, Math.max(rate, 12 - i / 300));
      rate = Math.max(rate, lowest);
      wrong[rate]++;
      int now = mixture.bound(wrong, lowest);
      assertTrue(now >= before, "step " + i + ": " + before + " to " + now);
      before = now;
    }
  }

  @Test
  void bound_afterManyWrong_isNearTheirOdds() {
    WrongHitMixture mixture = new WrongHitMixture(ALPHA);
    int[] wrong = new int[AuditRates.COUNT];
    wrong[2] = 2_000; // a tenth is audited, so nine wrong hits go with each
    double ratio = mixture.bound(wrong, 2) / 18_000.0;
    assertTrue(ratio > 1 && ratio < 1.2, "ratio " + ratio);
  }

  private static IntUnaryOperator bound(int rate, WrongHitMixture mixture) {
    int[] wrong = new int[AuditRates.COUNT];
    return audited -> {
      wrong[rate] = audited;
      return mixture.bound(wrong, rate);
    };
  }

  /** The bound by bisection, with costs and lambdas that are too small or too large. */
  private static IntUnaryOperator scaled(int rate, double costs, double lambdas) {
    return audited -> {
      double low = 0;
      double high = 100_000;
      while (high - low > 1e-7) {
        double middle = (low + high) / 2;
        double sum = 0;
        for (int j = 0; j < WrongHitMixture.components(); j++) {
          double lambda = WrongHitMixture.lambda(j);
          double cost = WrongHitMixture.cost(AuditRates.at(rate), lambda);
          if (cost < Double.POSITIVE_INFINITY) {
            double exponent = lambdas * lambda * middle - costs * cost * audited;
            sum += WrongHitMixture.weight(j) * Math.exp(exponent);
          }
        }
        if (sum <= 1 / ALPHA) {
          low = middle;
        } else {
          high = middle;
        }
      }
      return (int) Math.floor(low);
    };
  }

  /** The probability that the walk of wrong candidates is ever above the bound, by recursion. */
  private static double crossing(int rate, IntUnaryOperator bound) {
    double p = AuditRates.at(rate);
    double crossed = 0;
    double[] entering = {1}; // by wrong hits, at the present number of audited wrong
    for (int audited = 0; audited < 400; audited++) {
      int top = bound.applyAsInt(audited);
      double[] next = new double[top + 1];
      double here = 0;
      for (int wrongHits = 0; wrongHits <= top; wrongHits++) {
        here = here * (1 - p) + (wrongHits < entering.length ? entering[wrongHits] : 0);
        next[wrongHits] = here * p;
      }
      for (int above = top + 1; above < entering.length; above++) {
        crossed += entering[above];
      }
      crossed += here * (1 - p);
      entering = next;
    }
    return crossed;
  }
}
