package dev.inproc.inference.cache.bound;

/**
 * The counts of a {@link HitGuarantee} at one moment. Immutable.
 *
 * @param hits hits that were delivered
 * @param audits candidates that the model was run for to find out whether the hit would be wrong
 * @param auditedWrong audits that found a wrong candidate, or no answer
 * @param openAudits audits without an outcome yet
 * @param bound the most wrong hits, as if every open audit found a wrong candidate
 * @param allowed the wrong hits that the promise allows with these hits
 * @param certifiedAtHit the number of hits when the cache was certified; -1 before
 * @param refused candidates that were not served since the promise left no room
 * @param epoch the number of the present epoch, from 1 on
 * @param epochHits the hits of the present epoch
 * @param epochBound the most wrong hits of the present epoch
 * @param auditProbability the probability with which a candidate is audited now
 * @param hasRoom whether the promise leaves room for a candidate
 */
public record HitAccount(
    long hits,
    long audits,
    long auditedWrong,
    int openAudits,
    int bound,
    double allowed,
    long certifiedAtHit,
    long refused,
    int epoch,
    long epochHits,
    int epochBound,
    double auditProbability,
    boolean hasRoom) {}
