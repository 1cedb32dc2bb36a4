package dev.inproc.inference.cache.bound;

import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Decides for each candidate hit whether it may be served and whether it is audited, so that a
 * {@link Promise} holds whatever the candidates are. Thread-safe.
 *
 * <p><b>What a caller of this class ensures:</b> before {@link #begin}, the request and the cached
 * entry of the candidate are fixed, and it is certain that an audit would find out whether the hit
 * would have been wrong. Each candidate has a {@link Trial} of its own.
 *
 * <p><b>Reservation.</b> A trial begins only if the promise would hold even if this audit and all
 * open ones found wrong candidates. So audits that take long, or never end, hide no wrong hit. A
 * hit counts once it is delivered.
 *
 * <p><b>Certified.</b> Once the bound on wrong hits leaves room without the allowance, nothing is
 * served any more that could break the promise without it.
 *
 * <p><b>Rate.</b> The less room the promise leaves, the more candidates are audited: a wrong one
 * that an audit finds then costs less, down to nearly nothing. So the cache that served too many
 * wrong hits goes on by audits until it has proved itself again. A candidate of a higher expected
 * risk is audited with a higher rate than others: its wrong hit would cost the room of many.
 *
 * <p><b>Epochs.</b> The promise holds, with twice the allowance, for the hits of each epoch too,
 * with a bound and a part of the error probability of its own. An epoch ends after twice as many
 * hits as the one before. So a long good past does not pay for a bad present.
 */
public final class HitGuarantee {
  /** The part of the error probability that the bound on all hits has. */
  private static final double PART_OF_TOTAL = 0.8;

  /** Room, in audits that find wrong candidates, that the rate leaves where it can. */
  private static final int STEADY_ROOM = 3;

  /**
   * The expected risk, as a part of the promised share, above which a candidate's rate is higher.
   */
  private static final double USUAL_RISK = 0.7;

  /** How many rates higher the riskiest candidates are audited. */
  private static final int MOST_STEPS_UP = 5;

  /** Hits after which the rate may fall. */
  private static final int HITS_A_RATE = 16;

  /** Hits of the first epoch, as multiples of what the allowance is in hits. */
  private static final double FIRST_EPOCH = 2;

  private final Promise promise;
  private final Coins coins;
  private final ReentrantLock lock = new ReentrantLock();
  private final Trial.Outcomes outcomes =
      new Trial.Outcomes() {
        @Override
        public void delivered(Tally ofCoin) {
          countDelivered(ofCoin);
        }

        @Override
        public void audited(Tally ofCoin, int rateOfCoin, boolean wrong) {
          countAudited(ofCoin, rateOfCoin, wrong);
        }
      };
  private final Tally total;
  private Tally epoch;
  private int epochNumber = 1;
  private long epochEnd;
  private long audits;
  private long refused;
  private volatile long certifiedAtHit = -1; // written under the lock

  /** The lowest rate for the next candidate, and the bounds if its audit found it wrong. */
  private volatile int rate = AuditRates.COUNT - 1;

  private int totalWithNext;
  private int epochWithNext;
  private long rateUntilHit;

  /**
   * Creates one without hits.
   *
   * @throws IllegalArgumentException if the promise leaves no room for a first candidate
   */
  public HitGuarantee(Promise promise, Coins coins) {
    this.promise = promise;
    this.coins = coins;
    total = new Tally(promise.errorProbability() * PART_OF_TOTAL);
    epoch = newEpoch();
    double hitsOfAllowance = Math.max(promise.allowance(), 1) / promise.maxWrongShare();
    epochEnd = (long) Math.ceil(FIRST_EPOCH * hitsOfAllowance);
    chooseRate();
    if (!hasRoom(totalWithNext, epochWithNext)) {
      throw new IllegalArgumentException(
          "Expected an allowance of at least "
              + totalWithNext
              + " wrong hits, which an error probability of "
              + promise.errorProbability()
              + " needs to begin, got "
              + promise.allowance());
    }
  }

  /** The parts of all epochs sum to 1. */
  private Tally newEpoch() {
    double part = (1 - PART_OF_TOTAL) / ((double) epochNumber * (epochNumber + 1));
    return new Tally(promise.errorProbability() * part);
  }

  /**
   * Reserves room for a candidate and flips its coin.
   *
   * @param risk the expected probability that it is wrong; the promise holds whatever it is
   * @return null if the promise leaves no room: the candidate is to be a miss
   */
  public @Nullable Trial begin(double risk) {
    lock.lock();
    try {
      if (total.hits() >= rateUntilHit) {
        chooseRate();
      }
      if (!hasRoom(totalWithNext, epochWithNext)) {
        refused++;
        return null;
      }
      int own = rateOf(risk); // the room for the lowest rate is enough for a higher one
      boolean isAudit = coins.flip(AuditRates.at(own));
      Trial trial = new Trial(outcomes, epoch, own, isAudit);
      total.decided(own, isAudit);
      epoch.decided(own, isAudit);
      if (isAudit) {
        audits++;
        chooseRate();
      }
      return trial;
    } finally {
      lock.unlock();
    }
  }

  private int rateOf(double risk) {
    int steps = AuditRates.steps(risk / (USUAL_RISK * promise.maxWrongShare()));
    return Math.min(rate + Math.max(0, Math.min(MOST_STEPS_UP, steps)), AuditRates.COUNT - 1);
  }

  private boolean hasRoom(int totalBound, int epochBound) {
    return totalBound <= promise.allowed(total.hits(), certifiedAtHit < 0)
        && epochBound <= promise.allowed(epoch.hits(), true) + promise.allowance();
  }

  /**
   * Chooses the lowest rate that leaves the steady room, or the highest. Open audits do not count:
   * they would raise the rate, and that would open still more of them.
   */
  private void chooseRate() {
    rateUntilHit = total.hits() + HITS_A_RATE;
    int chosen = rate;
    while (chosen < AuditRates.COUNT - 1 && !isSteady(chosen)) {
      chosen++;
    }
    while (chosen > 0 && isSteady(chosen - 1)) {
      chosen--;
    }
    rate = chosen;
    totalWithNext = total.boundWith(rate, 1);
    epochWithNext = epoch.boundWith(rate, 1);
  }

  private boolean isSteady(int r) {
    return hasRoom(total.settledWith(r, STEADY_ROOM), epoch.settledWith(r, STEADY_ROOM));
  }

  // ---- by trials ----

  private void countDelivered(Tally ofCoin) {
    lock.lock();
    try {
      total.delivered();
      ofCoin.delivered();
      certifyIfProved();
      if (ofCoin == epoch && epoch.hits() >= epochEnd) {
        epochNumber++;
        epochEnd *= 2;
        epoch = newEpoch();
        chooseRate();
      }
    } finally {
      lock.unlock();
    }
  }

  private void countAudited(Tally ofCoin, int rateOfCoin, boolean wrong) {
    lock.lock();
    try {
      total.audited(rateOfCoin, wrong);
      ofCoin.audited(rateOfCoin, wrong);
      certifyIfProved();
      chooseRate();
    } finally {
      lock.unlock();
    }
  }

  /** Without the margin the cache would have no room to go on. */
  private void certifyIfProved() {
    double allowed = promise.allowed(total.hits(), false);
    if (certifiedAtHit < 0
        && total.bound() < allowed
        && total.boundWith(AuditRates.HALF, STEADY_ROOM) <= allowed) {
      certifiedAtHit = total.hits();
      chooseRate();
    }
  }

  // ---- figures ----

  /** Returns whether the promise holds without the allowance. Takes no lock. */
  public boolean isCertified() {
    return certifiedAtHit >= 0;
  }

  /**
   * Returns the probability with which the next candidate is audited if it is one of the less
   * risky. Takes no lock.
   */
  public double auditProbability() {
    return AuditRates.at(rate);
  }

  /** Returns the counts and the bound now, all of one moment. */
  public HitAccount account() {
    lock.lock();
    try {
      return new HitAccount(
          total.hits(),
          audits,
          total.auditedWrong(),
          total.openAudits(),
          total.bound(),
          promise.allowed(total.hits(), certifiedAtHit < 0),
          certifiedAtHit,
          refused,
          epochNumber,
          epoch.hits(),
          epoch.bound(),
          AuditRates.at(rate),
          hasRoom(totalWithNext, epochWithNext));
    } finally {
      lock.unlock();
    }
  }
}
