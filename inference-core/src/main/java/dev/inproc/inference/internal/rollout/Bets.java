package dev.inproc.inference.internal.rollout;

import java.util.Arrays;

/**
 * The bets of a share test, by which evidence grows: Lindon and Malek's test of inhomogeneous
 * Bernoulli trials ("Anytime-valid inference for multinomial count data", 2020) with a mixture over
 * a grid.
 *
 * <p>Incidents of the canary and of the control lane arrive, from as many keys of either: a key
 * that is in one of the two is the canary's with probability ½. If the canary has {@code o} times
 * as many incidents per key, an incident is the canary's with probability {@code q(o) = o / (o +
 * 1)}. The null hypothesis is {@code o <= 1 + margin}. A bet on {@code o} multiplies its evidence
 * by {@code q(o) / r0} for an incident of the canary, and by {@code (1 - q(o)) / (1 - r0)} for one
 * of the control lane, with {@code r0 = q(1 + margin)}. Under the null hypothesis each bet's
 * evidence is a supermartingale from 1, and so is their mean: it ever reaches {@code c} with a
 * probability of at most {@code 1 / c} (Ville).
 *
 * <p>Incidents may have a mark that says how grave they are and is known before the lane is looked
 * at. A bet then has a ratio for each mark.
 */
final class Bets {
  /** The ratios of incidents without marks. */
  static final double[][] PLAIN = {{1.5}, {2}, {3}, {5}, {10}, {30}, {100}};

  private final double[][] canary; // by mark and bet
  private final double[][] control;

  /**
   * Makes bets.
   *
   * @param ratios of each bet by mark; one that the null hypothesis allows is no bet on that mark
   */
  Bets(double margin, double[][] ratios) {
    double[][] kept = useful(ratios, 1 + margin);
    int marks = ratios[0].length;
    canary = new double[marks][kept.length];
    control = new double[marks][kept.length];
    double r0 = share(1 + margin);
    for (int mark = 0; mark < marks; mark++) {
      for (int bet = 0; bet < kept.length; bet++) {
        boolean isBet = kept[bet][mark] > 1 + margin;
        double q = isBet ? share(kept[bet][mark]) : r0;
        canary[mark][bet] = q / r0;
        control[mark][bet] = (1 - q) / (1 - r0);
      }
    }
  }

  private static double[][] useful(double[][] ratios, double allowed) {
    double[][] kept = new double[ratios.length][];
    int count = 0;
    for (double[] bet : ratios) {
      boolean isUseful = false;
      for (double ratio : bet) {
        isUseful |= ratio > allowed;
      }
      if (isUseful) {
        kept[count++] = bet;
      }
    }
    if (count == 0) {
      throw new IllegalArgumentException("No bet is above the ratio that is allowed, " + allowed);
    }
    return Arrays.copyOf(kept, count);
  }

  /** Returns the probability that an incident is the canary's at a ratio of incidents. */
  static double share(double ratio) {
    return Double.isInfinite(ratio) ? 1 : ratio / (ratio + 1);
  }

  int count() {
    return canary[0].length;
  }

  /** Multiplies the evidence of each bet by its factor for an incident; returns the mean. */
  double apply(double[] evidence, boolean isCanary, int mark) {
    double[] factors = isCanary ? canary[mark] : control[mark];
    double sum = 0;
    for (int bet = 0; bet < factors.length; bet++) {
      evidence[bet] *= factors[bet];
      sum += evidence[bet];
    }
    return sum / factors.length;
  }

  /** Returns the evidence after so many incidents of mark 0. */
  double evidence(long canaryVotes, long controlVotes) {
    double sum = 0;
    for (int bet = 0; bet < count(); bet++) {
      sum +=
          Math.exp(
              canaryVotes * Math.log(canary[0][bet]) + controlVotes * Math.log(control[0][bet]));
    }
    return sum / count();
  }

  /** Returns the mean of the bets' evidence. */
  static double mean(double[] evidence) {
    double sum = 0;
    for (double each : evidence) {
      sum += each;
    }
    return sum / evidence.length;
  }
}
