package dev.inproc.inference.deploy;

/**
 * What a shadow must have shown before its version may answer callers. Immutable.
 *
 * @param minPairs the fewest pairs that must have been compared with the version that serves
 * @param minAgreement the least share of pairs that must agree, from 0 to 1: the lower end of its
 *     95 % confidence interval must reach it, and a call that failed in the shadow alone counts as
 *     a pair that does not agree. With all pairs agreeing, 0.99 takes 381 pairs, and 0.999 takes
 *     3,838
 */
public record ShadowGate(long minPairs, double minAgreement) {
  /** Checks the ranges. */
  public ShadowGate {
    if (minPairs < 1) {
      throw new IllegalArgumentException("Expected 1 pair or more, got " + minPairs);
    }
    if (!(minAgreement >= 0 && minAgreement <= 1)) {
      throw new IllegalArgumentException("Expected a share from 0 to 1, got " + minAgreement);
    }
  }
}
