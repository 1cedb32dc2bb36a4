package dev.inproc.inference.cache.bound;

/**
 * Counts hits, and audits by their rate, and bounds the wrong hits among them. Guarded by its
 * {@link HitGuarantee}.
 */
final class Tally {
  private final WrongHitMixture mixture;
  private final int[] openAudits = new int[AuditRates.COUNT];

  /** Open audits and audits that found wrong candidates. */
  private final int[] worst = new int[AuditRates.COUNT];

  private int lowestRate = AuditRates.COUNT - 1;
  private long hits;
  private int bound;

  /** Creates one whose bound breaks with a probability of at most this. */
  Tally(double errorProbability) {
    mixture = new WrongHitMixture(errorProbability);
    bound = mixture.bound(worst, lowestRate);
  }

  long hits() {
    return hits;
  }

  int auditedWrong() {
    return sum(worst) - sum(openAudits);
  }

  int openAudits() {
    return sum(openAudits);
  }

  private static int sum(int[] counts) {
    int all = 0;
    for (int count : counts) {
      all += count;
    }
    return all;
  }

  /** Returns the most wrong hits, as if every open audit found a wrong candidate. */
  int bound() {
    return bound;
  }

  /** Returns the bound as if so many more candidates at a rate were audited wrong. */
  int boundWith(int rate, int more) {
    worst[rate] += more;
    int result = mixture.bound(worst, Math.min(rate, lowestRate));
    worst[rate] -= more;
    return result;
  }

  /** Returns what {@link #boundWith} does if no open audit finds a wrong candidate. */
  int settledWith(int rate, int more) {
    int[] settled = worst.clone();
    for (int i = 0; i < settled.length; i++) {
      settled[i] -= openAudits[i];
    }
    settled[rate] += more;
    return mixture.bound(settled, Math.min(rate, lowestRate));
  }

  /** Counts a candidate that is served, or audited. */
  void decided(int rate, boolean isAudit) {
    if (rate < lowestRate) {
      lowestRate = rate;
      update();
    }
    if (isAudit) {
      openAudits[rate]++;
      worst[rate]++;
      update();
    }
  }

  void delivered() {
    hits++;
  }

  void audited(int rate, boolean wrong) {
    openAudits[rate]--;
    if (!wrong) {
      worst[rate]--;
      update();
    }
  }

  private void update() {
    bound = mixture.bound(worst, lowestRate);
  }
}
