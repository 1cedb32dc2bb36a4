package dev.inproc.inference.batch;

/** Why a batch was run when it was. */
public enum DispatchReason {
  /** An engine was free and took what was there. */
  IDLE_ENGINE,
  /** As many requests waited as a batch may hold. */
  FULL,
  /** The wait of {@code maxDelay} was over. */
  DELAY_PASSED,
  /** Deadlines decided what was run. */
  DEADLINE,
  /** Part of a batch that had failed, run again to find the request at fault. */
  ISOLATION
}
