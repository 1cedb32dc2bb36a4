package dev.inproc.inference.internal.rollout;

import java.util.List;

/**
 * What one kind of trigger has counted in the present phase.
 *
 * @param canaryVotes of the whole phase
 * @param controlVotes of the whole phase
 * @param evidence the largest share of its threshold that an e-value has now; 1 is an alarm
 * @param thresholds of slow calls in nanoseconds, or the edges of the scores' bins; empty while
 *     they are not fixed, and for kinds without
 * @param votesLost incidents that cast no vote, as the memory of keys was full
 * @param bytes of memory
 */
public record KindSnapshot(
    TriggerKind kind,
    long canaryVotes,
    long controlVotes,
    double evidence,
    List<Double> thresholds,
    long votesLost,
    long bytes) {}
