package dev.inproc.inference.internal.rollout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The evidence, by enumeration of all sequences of votes. */
class BetsTest {
  private static final int VOTES = 12;

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.2, 1, 9})
  void expectedEvidence_ratioThatIsAllowed_neverGrows(double margin) {
    Bets bets = new Bets(margin, Bets.PLAIN);
    for (double ratio : new double[] {0, 0.1, 0.5, 1, (1 + margin) * 0.99, 1 + margin}) {
      if (ratio <= 1 + margin) {
        double most = largestGrowth(bets, Bets.share(ratio), ones(bets), 0, 0);
        assertTrue(most <= 1 + 1e-12, "at " + ratio + " it grows by " + most);
      }
    }
    double atTheLimit = largestGrowth(bets, Bets.share(1 + margin), ones(bets), 0, 0);
    assertEquals(1, atTheLimit, 1e-12, "a larger r0 would waste evidence");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.2, 1, 9})
  void expectedEvidence_ratioAboveTheMargin_grows(double margin) {
    Bets bets = new Bets(margin, Bets.PLAIN);
    for (double ratio : new double[] {(1 + margin) * 1.001, (1 + margin) * 2, 1e6}) {
      double[] evidence = ones(bets);
      assertTrue(growth(bets, Bets.share(ratio), evidence, 0) > 1, "at " + ratio);
    }
  }

  @Test
  void expectedEvidence_everyMarkOfSlowCalls_neverGrows() {
    for (double margin : new double[] {0, 0.4, 2}) {
      Bets bets = new Bets(margin, SlowCalls.RATIOS);
      double most = 0;
      for (int mark = 0; mark < SlowCalls.MARKS; mark++) {
        for (double ratio : new double[] {0, 1, 1 + margin}) {
          most = Math.max(most, largestMarkedGrowth(bets, ratio, ones(bets), 0));
        }
      }
      assertEquals(1, most, 1e-12);
    }
  }

  @Test
  void alarm_ratioAtTheLimit_isRaisedWithAtMostAlpha() {
    for (double margin : new double[] {0, 1}) {
      for (double alpha : new double[] {0.1, 0.003}) {
        Bets bets = new Bets(margin, Bets.PLAIN);
        double[] alarmBy =
            VoteForecast.alarmBy(bets, 1 / alpha, vote -> Bets.share(1 + margin), 1_500);
        double ever = alarmBy[alarmBy.length - 1];
        assertTrue(ever <= alpha, "alarms: " + ever);
        assertTrue(ever > alpha / 20, "a test that never alarms proves nothing: " + ever);
      }
    }
  }

  @Test
  void evidence_ofCounts_isThatOfTheSequence() {
    Bets bets = new Bets(0, Bets.PLAIN);
    double[] evidence = ones(bets);
    double value = 0;
    for (int i = 0; i < 20; i++) {
      value = bets.apply(evidence, i % 3 != 0, 0);
    }
    assertEquals(bets.evidence(13, 7), value, 1e-9 * value);
    double byHand = 0; // 13 votes of the canary, 7 of the control lane
    for (double[] bet : Bets.PLAIN) {
      double q = bet[0] / (1 + bet[0]);
      byHand += Math.pow(q / 0.5, 13) * Math.pow((1 - q) / 0.5, 7) / 7;
    }
    assertEquals(byHand, value, 1e-9 * value);
  }

  @Test
  void bets_noneAboveTheMargin_areRefused() {
    assertThrows(IllegalArgumentException.class, () -> new Bets(100, Bets.PLAIN));
  }

  private static double[] ones(Bets bets) {
    double[] ones = new double[bets.count()];
    Arrays.fill(ones, 1);
    return ones;
  }

  /** The expected factor of the mean with the next vote. */
  private static double growth(Bets bets, double share, double[] evidence, int mark) {
    double canary = bets.apply(evidence.clone(), true, mark);
    double control = bets.apply(evidence.clone(), false, mark);
    return (share * canary + (1 - share) * control) / Bets.mean(evidence);
  }

  private static double largestGrowth(
      Bets bets, double share, double[] evidence, int votes, int mark) {
    double most = growth(bets, share, evidence, mark);
    if (votes < VOTES) {
      for (boolean isCanary : new boolean[] {true, false}) {
        double[] next = evidence.clone();
        bets.apply(next, isCanary, mark);
        most = Math.max(most, largestGrowth(bets, share, next, votes + 1, mark));
      }
    }
    return most;
  }

  private static double largestMarkedGrowth(Bets bets, double ratio, double[] evidence, int votes) {
    double most = 0;
    for (int mark = 0; mark < SlowCalls.MARKS; mark++) {
      most = Math.max(most, growth(bets, Bets.share(ratio), evidence, mark));
      if (votes < 5) {
        for (boolean isCanary : new boolean[] {true, false}) {
          double[] next = evidence.clone();
          bets.apply(next, isCanary, mark);
          most = Math.max(most, largestMarkedGrowth(bets, ratio, next, votes + 1));
        }
      }
    }
    return most;
  }
}
