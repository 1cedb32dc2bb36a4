package dev.inproc.inference.internal.rollout;

import java.util.Set;

/**
 * What an analysis is told of its rollout. Immutable.
 *
 * @param alpha the chance of a false alarm in the whole rollout
 * @param margin how much more than its share of incidents the canary may have: 0.25 allows 1.25
 *     times as many as the control lane, for kinds without a margin of their own
 * @param kinds what is tested; each has its part of alpha. PREDICTIONS expects a score of each
 *     answered call
 * @param phases how many phases are planned; each has an equal part of alpha
 */
public record AnalysisSettings(double alpha, double margin, Set<TriggerKind> kinds, int phases) {
  /** Checks the values. */
  public AnalysisSettings {
    kinds = Set.copyOf(kinds);
    if (!(alpha > 0 && alpha <= 0.5)) {
      throw new IllegalArgumentException("alpha must be above 0 and at most 0.5, got " + alpha);
    }
    if (!(margin >= 0 && margin <= 10)) {
      throw new IllegalArgumentException("margin must be from 0 to 10, got " + margin);
    }
    if (kinds.isEmpty()) {
      throw new IllegalArgumentException("At least one kind of trigger is needed");
    }
    if (phases < 1 || phases > 1_000) {
      throw new IllegalArgumentException("phases must be from 1 to 1,000, got " + phases);
    }
  }

  /** Returns the part of alpha that a kind has in one phase; 0 for a kind that is not tested. */
  public double alphaOf(TriggerKind kind) {
    if (!kinds.contains(kind)) {
      return 0;
    }
    int sum = kinds.stream().mapToInt(each -> each.weight).sum();
    return alpha * kind.weight / sum / phases;
  }
}
