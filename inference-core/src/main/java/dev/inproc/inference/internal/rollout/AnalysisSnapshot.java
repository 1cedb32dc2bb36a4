package dev.inproc.inference.internal.rollout;

import java.util.List;

/**
 * What an analysis has counted in the present phase.
 *
 * @param phase -1 before the first
 * @param bytes of memory, all kinds together
 */
public record AnalysisSnapshot(
    int phase,
    long canaryCalls,
    long canaryErrors,
    long controlCalls,
    long controlErrors,
    List<KindSnapshot> kinds,
    long bytes) {}
