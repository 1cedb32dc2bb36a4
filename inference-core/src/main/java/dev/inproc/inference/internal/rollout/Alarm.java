package dev.inproc.inference.internal.rollout;

/**
 * The canary has more than its share of incidents.
 *
 * @param what which test of the kind, such as "errors", "slow calls" or "score above 0.71"
 * @param evidence the e-value, at least {@code threshold}
 * @param threshold what the e-value had to reach
 * @param canaryVotes of the restart whose evidence it is
 * @param controlVotes of that restart
 * @param ratioLowerBound the true ratio of incidents is at least this, at the same confidence; at
 *     least 1
 * @param sincePhaseNanos when it was raised, since its phase began
 */
public record Alarm(
    TriggerKind kind,
    String what,
    double evidence,
    double threshold,
    long canaryVotes,
    long controlVotes,
    int phase,
    double ratioLowerBound,
    long sincePhaseNanos) {}
