package dev.inproc.inference.internal.rollout;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A share test with its {@link Restarts}. Not thread-safe. */
final class RestartedTest {
  /** The evidence of one restart. */
  static final class Evidence {
    final int restart;
    final double threshold;
    final LaneCounts before;
    long canaryVotes;
    long controlVotes;
    private final double[] bets;

    Evidence(int restart, double threshold, LaneCounts before, int bets) {
      this.restart = restart;
      this.threshold = threshold;
      this.before = before;
      this.bets = new double[bets];
      Arrays.fill(this.bets, 1);
    }

    double value() {
      return Bets.mean(bets);
    }
  }

  /** Whether evidence that has reached its threshold raises the alarm. */
  interface Floor {
    /** Always. */
    Floor NONE = evidence -> true;

    boolean isReached(Evidence evidence);
  }

  private static final int DROPPED_AT_ONCE = 8; // restarts, as dropping looks at all

  private final double margin;
  private final double alpha;
  private final boolean isMirrored;
  private final Bets bets;
  private final List<Evidence> restarts = new ArrayList<>();
  private int newest = -1;
  private int oldest; // none before it is kept

  /**
   * Makes one without a restart.
   *
   * @param isMirrored whether it tests that the control lane has more than its share
   */
  RestartedTest(double margin, double alpha, boolean isMirrored, double[][] ratios) {
    this.margin = margin;
    this.alpha = alpha;
    this.isMirrored = isMirrored;
    bets = new Bets(margin, ratios);
  }

  /**
   * Begins the restarts up to one.
   *
   * @param counts of calls until now
   */
  void advance(int restart, LaneCounts counts) {
    if (restart <= newest) {
      return;
    }
    int before = newest;
    newest = restart;
    if (restart / DROPPED_AT_ONCE > before / DROPPED_AT_ONCE) {
      dropOld();
    }
    for (int each = before + 1; each <= restart; each++) {
      if (each >= oldest && Restarts.isKept(each, restart)) {
        double threshold = 1 / (alpha * Restarts.part(each));
        restarts.add(new Evidence(each, threshold, counts, bets.count()));
      }
    }
  }

  /** Drops the restarts before one. */
  void dropBefore(int restart) {
    oldest = Math.max(oldest, restart);
    dropOld();
  }

  private void dropOld() {
    restarts.removeIf(each -> each.restart < oldest || !Restarts.isKept(each.restart, newest));
  }

  /** Returns the oldest restart that still gathers evidence. */
  int oldest() {
    return restarts.isEmpty() ? newest : restarts.get(0).restart;
  }

  /**
   * Takes a vote.
   *
   * @param after the restart in which the key has voted last; the vote is for those after it
   * @return the evidence that raises the alarm; null if none does
   */
  @Nullable Evidence vote(boolean isCanary, int mark, int after, Floor floor) {
    Evidence alarm = null;
    for (int i = restarts.size() - 1; i >= 0; i--) {
      Evidence each = restarts.get(i);
      if (each.restart <= after) {
        break;
      }
      double value = bets.apply(each.bets, isCanary != isMirrored, mark);
      if (isCanary) {
        each.canaryVotes++;
      } else {
        each.controlVotes++;
      }
      if (value >= each.threshold && floor.isReached(each)) {
        alarm = each;
      }
    }
    return alarm;
  }

  /** Returns the largest evidence as a share of its threshold. */
  double progress() {
    double most = 0;
    for (Evidence each : restarts) {
      most = Math.max(most, each.value() / each.threshold);
    }
    return most;
  }

  /**
   * Returns the largest ratio of incidents that the votes of evidence refute, all marks alike: the
   * test inverted over its margin. At least the ratio that is allowed.
   */
  double ratioLowerBound(Evidence evidence) {
    long more = isMirrored ? evidence.controlVotes : evidence.canaryVotes;
    long fewer = isMirrored ? evidence.canaryVotes : evidence.controlVotes;
    double bound = 1 + margin;
    for (double ratio = bound; ratio < 99; ratio *= 1.02) {
      if (new Bets(ratio - 1, Bets.PLAIN).evidence(more, fewer) < evidence.threshold) {
        break;
      }
      bound = ratio;
    }
    return bound;
  }

  long bytes() {
    return 64 + restarts.size() * (96L + 8L * bets.count());
  }
}
