package dev.inproc.inference.testing;

/** What a {@link FaultModel} can do to a run. */
public enum Fault {
  /** The run throws an EngineException at once. */
  THROW,
  /** The run does not end until it is terminated or {@link FaultModel#release}d. */
  HANG,
  /** The run does not end until it is released, whoever terminates it. */
  HANG_DEAF,
  /** The run ends only when its time has passed on the manual clock, or it is terminated. */
  SLOW,
  /** Every output has one row fewer than it should. */
  SHORT_ROWS,
  /** Every floating-point output is NaN throughout. */
  NAN
}
