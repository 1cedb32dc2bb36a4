package dev.inproc.inference.cache;

import dev.inproc.inference.cache.bound.HitGuarantee;

/**
 * The mean risk that the rule aims at, by the room that the promise leaves. The guarantee tells its
 * room by the audit probability: it audits more the less room there is. With little room only the
 * least risky requests are served, so that the room grows again.
 */
final class RiskAims {
  /** Parts of the share that may be wrong. */
  private static final double[] PARTS = {0.3, 0.45, 0.6, 0.75, 0.85};

  /** Each part but the first is aimed at while fewer are audited than this. */
  private static final double[] AUDITED_BELOW = {0.6, 0.33, 0.17, 0.08};

  /** The highest aim until the cache is certified, which it is the sooner the less it risks. */
  private static final int BEFORE_CERTIFIED = 1;

  private final HitGuarantee guarantee;

  RiskAims(HitGuarantee guarantee) {
    this.guarantee = guarantee;
  }

  /** Returns the aims for a share of wrong hits. */
  static double[] of(double maxWrongShare) {
    double[] aims = PARTS.clone();
    for (int i = 0; i < aims.length; i++) {
      aims[i] *= maxWrongShare;
    }
    return aims;
  }

  /** Returns the place of the present aim. */
  int now() {
    double audited = guarantee.auditProbability();
    int aim = 0;
    while (aim < AUDITED_BELOW.length && audited < AUDITED_BELOW[aim]) {
      aim++;
    }
    return guarantee.isCertified() ? aim : Math.min(aim, BEFORE_CERTIFIED);
  }
}
