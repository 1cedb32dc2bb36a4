package dev.inproc.inference.cache.bound;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One candidate whose coin has fallen: it is served or audited. Thread-safe. Its outcome counts
 * once. An audit without an outcome stays reserved, as if its candidate were wrong.
 */
public final class Trial {
  private final Outcomes outcomes;
  private final Tally epoch;
  private final int rate;
  private final boolean isAudit;
  private final AtomicBoolean isOver = new AtomicBoolean();

  /** What counts the outcomes of trials. */
  interface Outcomes {
    void delivered(Tally epoch);

    void audited(Tally epoch, int rate, boolean wrong);
  }

  Trial(Outcomes outcomes, Tally epoch, int rate, boolean isAudit) {
    this.outcomes = outcomes;
    this.epoch = epoch;
    this.rate = rate;
    this.isAudit = isAudit;
  }

  /** Returns whether the model is to run; else the cached answer is to be served. */
  public boolean isAudit() {
    return isAudit;
  }

  /** Returns the probability with which this candidate was audited. */
  public double auditProbability() {
    return AuditRates.at(rate);
  }

  /** Counts a hit that its caller has got. */
  public void delivered() {
    check(!isAudit);
    if (isOver.compareAndSet(false, true)) {
      outcomes.delivered(epoch);
    }
  }

  /** Tells whether the cached answer would have been wrong. */
  public void audited(boolean wrong) {
    check(isAudit);
    if (isOver.compareAndSet(false, true)) {
      outcomes.audited(epoch, rate, wrong);
    }
  }

  private static void check(boolean isExpected) {
    if (!isExpected) {
      throw new IllegalStateException("A trial is either a hit or an audit");
    }
  }
}
