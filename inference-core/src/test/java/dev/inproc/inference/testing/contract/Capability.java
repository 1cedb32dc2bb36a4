package dev.inproc.inference.testing.contract;

/** What an engine may lack, if it says why; all else is owed. */
public enum Capability {
  /** A run that is under way can be stopped. Without it, the run is left to end by itself. */
  STOPS_RUNS,
  /** An id outside the table makes a run of the gather model fail. */
  REFUSES_BAD_IDS,
  /** Outputs may be strings. */
  STRING_OUTPUTS,
  /** The number of rows may be fixed in the model. */
  FIXED_BATCH,
  /** An output's shape may depend on values. */
  DATA_DEPENDENT_SHAPES
}
