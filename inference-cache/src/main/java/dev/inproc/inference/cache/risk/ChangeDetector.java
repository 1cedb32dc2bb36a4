package dev.inproc.inference.cache.risk;

/**
 * Compares what the rule expects of what it serves with what audits find. A slow part corrects the
 * expectation by the share found; a fast one raises an alarm when wrong labels come so close to
 * each other that four times the expected risk explains them far better (Page's cumulative sum).
 * Not thread-safe.
 */
final class ChangeDetector {
  /** How many labels back the correction remembers. */
  private static final double MEMORY = 1500;

  /** How many wrong labels the expectation is worth, and after an alarm. */
  private static final double TRUST = 12;

  private static final double TRUST_AFTER_ALARM = 1;

  /** After an alarm the risks are taken for so many times as large, until labels say more. */
  private static final double DOUBT = 2;

  /** After an alarm trust grows by so much with each label. */
  private static final double REGAINED = 0.01;

  /** After so many labels of what is not served, what audits found has faded. */
  private static final double AGEING = 1000;

  private static final double RATIO = 4;

  /** The logarithm of how much better: six wrong labels in a row. */
  private static final double ALARM = 8;

  private double trust = TRUST;
  private double expected;
  private double observed;
  private double evidence;

  /**
   * Takes a label of a request that the rule serves.
   *
   * @return whether the risks have changed
   */
  boolean add(double risk, boolean wrong) {
    double kept = 1 - 1 / MEMORY;
    expected = kept * expected + risk;
    observed = kept * observed + (wrong ? 1 : 0);
    trust = Math.min(TRUST, trust + REGAINED);
    evidence = Math.max(0, evidence + (wrong ? Math.log(RATIO) : 0) - (RATIO - 1) * risk);
    if (evidence < ALARM) {
      return false;
    }
    evidence = 0;
    observed = TRUST_AFTER_ALARM * (2 * DOUBT - 1);
    expected = TRUST_AFTER_ALARM;
    trust = TRUST_AFTER_ALARM;
    return true;
  }

  /** Takes note of a label of a request that is not served: what audits found grows old. */
  void age() {
    expected *= 1 - 1 / AGEING;
    observed *= 1 - 1 / AGEING;
  }

  /** Returns by how much the risks are larger than expected. */
  double correction() {
    return (observed + trust) / (expected + trust);
  }
}
