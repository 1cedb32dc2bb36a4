package dev.inproc.inference.internal.calls;

/** Work that waited in a queue before it runs. */
public interface Queued {
  /** In place of a time. The Flight Recorder prints it as "N/A". */
  long UNKNOWN = Long.MIN_VALUE;

  /** Returns when it came, by the runtime's timer, or {@link #UNKNOWN}. */
  long arrivalNanos();
}
