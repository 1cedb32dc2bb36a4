package dev.inproc.inference.internal.rollout;

/** Calls and failed ones of both lanes, since a phase began. */
record LaneCounts(long canaryCalls, long canaryErrors, long controlCalls, long controlErrors) {
  static final LaneCounts ZERO = new LaneCounts(0, 0, 0, 0);

  LaneCounts plus(LaneCounts other) {
    return new LaneCounts(
        canaryCalls + other.canaryCalls,
        canaryErrors + other.canaryErrors,
        controlCalls + other.controlCalls,
        controlErrors + other.controlErrors);
  }
}
