package dev.inproc.inference.internal.rollout;

import java.util.Arrays;
import java.util.function.IntToDoubleFunction;

/** The chance that a share test has raised the alarm after so many votes: dynamic programming. */
final class VoteForecast {
  private static final double NEARLY_ALL = 0.9999;
  private static final double NEGLIGIBLE = 1e-15;

  private VoteForecast() {}

  /**
   * Returns the chance of an alarm by each number of votes, from 0, until nearly all have raised
   * it.
   *
   * @param canaryShare the probability that a vote, from 1, is the canary's
   * @param most how many votes at most
   */
  static double[] alarmBy(Bets bets, double threshold, IntToDoubleFunction canaryShare, int most) {
    double[] alarmBy = new double[most + 1];
    double[] chance = new double[most + 2]; // of so many canary votes, without an alarm
    chance[0] = 1;
    int enough = 0; // so many canary votes raise the alarm
    int least = 0;
    for (int votes = 1; votes <= most; votes++) {
      double share = canaryShare.applyAsDouble(votes);
      while (enough <= votes && bets.evidence(enough, votes - enough) < threshold) {
        enough++;
      }
      int top = Math.min(votes, enough);
      for (int canary = top; canary > least; canary--) {
        chance[canary] = chance[canary] * (1 - share) + chance[canary - 1] * share;
      }
      chance[least] *= 1 - share;
      double raised = 0;
      for (int canary = enough; canary <= top; canary++) {
        raised += chance[canary];
        chance[canary] = 0;
      }
      while (least < top && chance[least] < NEGLIGIBLE) {
        chance[least++] = 0;
      }
      alarmBy[votes] = alarmBy[votes - 1] + raised;
      if (alarmBy[votes] >= NEARLY_ALL) {
        return Arrays.copyOf(alarmBy, votes + 1);
      }
    }
    return alarmBy;
  }

  /** Returns the number of votes by which a share has raised the alarm; -1 if there is none. */
  static int votes(double[] alarmBy, double share) {
    for (int votes = 0; votes < alarmBy.length; votes++) {
      if (alarmBy[votes] >= share) {
        return votes;
      }
    }
    return -1;
  }
}
